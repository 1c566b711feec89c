#pragma once

#include "kaiwa/error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace kaiwa::aws {

struct EventHeader {
    /// The number that says on the wire how the value is written.
    enum class Type : std::uint8_t {
        true_value,
        false_value,
        int8,
        int16,
        int32,
        int64,
        bytes,
        string,
        timestamp,  ///< Milliseconds since 1970.
        uuid,       ///< 16 bytes.
    };
    std::string name;
    /// true and false, numbers and timestamps as int64, the rest as text.
    std::variant<bool, std::int64_t, std::string> value;
    Type type = Type::string;

    bool operator==(EventHeader const&) const = default;
};

struct EventMessage {
    std::vector<EventHeader> headers;
    std::string payload;

    /// The string header named so, or empty.
    [[nodiscard]] std::string_view header(std::string_view name) const;
    bool operator==(EventMessage const&) const = default;
};

/// Turns bytes into messages of `application/vnd.amazon.eventstream`, however they were cut.
///
/// Follows "Amazon Event Stream Specification" (Smithy 2.0,
/// https://smithy.io/2.0/aws/amazon-eventstream.html). Both checksums are verified; header names
/// are unique. A value: no I/O. Use one decoder per response body.
class EventStreamDecoder {
public:
    /// The specification's largest payload is 24 MiB, which a client must not rely on.
    static constexpr std::size_t default_max_message_bytes = std::size_t{32} << 20;

    explicit EventStreamDecoder(std::size_t max_message_bytes = default_max_message_bytes)
        : max_message_bytes_(max_message_bytes) {}

    /// Adds bytes; not referenced after the call.
    void feed(std::string_view bytes);

    /// The next whole message, nothing when more bytes are needed. Fails with `invalid_argument`
    /// for a damaged message and `too_large` for one over `max_message_bytes`, as soon as its first
    /// 12 bytes say so; every later call fails the same way, because nothing tells where the next
    /// message would begin.
    Result<std::optional<EventMessage>> next();

    /// Whether bytes of an unfinished message are held: at the end of the body, the stream was cut.
    [[nodiscard]] bool is_mid_message() const { return taken_ < buffer_.size(); }

private:
    std::unexpected<Error> give_up(Errc code, std::string message);

    std::size_t max_message_bytes_;
    std::string buffer_;
    std::size_t taken_ = 0;  // of the buffer's bytes
    std::optional<Error> failure_;
};

/// The bytes of `message`. Names have 1 to 255 bytes, texts at most 32,767.
[[nodiscard]] std::string encode_event_message(EventMessage const& message);

}  // namespace kaiwa::aws
