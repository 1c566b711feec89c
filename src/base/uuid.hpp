#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace kaiwa {

/// A UUID (RFC 9562) as its 16 bytes. Its text is always the lower-case form with hyphens.
struct Uuid {
    std::array<std::uint8_t, 16> bytes{};

    /// Reads the lower-case form; nothing else, so that one id has one spelling.
    static std::optional<Uuid> parse(std::string_view text);
    [[nodiscard]] std::string text() const;

    auto operator<=>(Uuid const&) const = default;
};

/// An id of one kind of thing; ids of different kinds do not mix.
template <class Tag>
struct Id {
    Uuid value;

    static std::optional<Id> parse(std::string_view text) {
        auto uuid = Uuid::parse(text);
        if (!uuid) return std::nullopt;
        return Id{*uuid};
    }
    [[nodiscard]] std::string text() const { return value.text(); }

    auto operator<=>(Id const&) const = default;
};

using UserId = Id<struct UserTag>;  ///< Also the id of a key that stands for itself.
using SessionId = Id<struct SessionTag>;
using KeyId = Id<struct KeyTag>;
using ThreadId = Id<struct ThreadTag>;
using MessageId = Id<struct MessageTag>;
using GenerationId = Id<struct GenerationTag>;
using FileId = Id<struct FileTag>;

}  // namespace kaiwa

template <>
struct std::hash<kaiwa::Uuid> {
    std::size_t operator()(kaiwa::Uuid const& id) const noexcept {
        std::uint64_t parts[2];
        std::memcpy(parts, id.bytes.data(), sizeof parts);
        return static_cast<std::size_t>(parts[0] * 0x9E3779B97F4A7C15u ^ parts[1]);
    }
};

template <class Tag>
struct std::hash<kaiwa::Id<Tag>> {
    std::size_t operator()(kaiwa::Id<Tag> const& id) const noexcept {
        return std::hash<kaiwa::Uuid>{}(id.value);
    }
};
