#pragma once

#include "http/message.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace kaiwa::api {

/// Bytes `first` to `last` of a file, both among them.
struct ByteRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;

    [[nodiscard]] std::uint64_t length() const { return last - first + 1; }
    bool operator==(ByteRange const&) const = default;
};

/// The file as a whole.
struct WholeFile {
    bool operator==(WholeFile const&) const = default;
};
/// No byte of the file: 416.
struct NothingOfIt {
    bool operator==(NothingOfIt const&) const = default;
};

using WantedBytes = std::variant<WholeFile, ByteRange, NothingOfIt>;

/// What the value of a `Range` field asks of a file of `size` bytes, over 0 (RFC 9110, 14.1.2 and
/// 14.2). A value that is malformed, names another unit or several ranges asks for the whole, as
/// the RFC allows: nobody makes us send more than a file once.
[[nodiscard]] WantedBytes read_range(std::string_view value, std::uint64_t size);

/// The same of a request: `Range` holds for GET alone, sent once, and together with `If-Range` only
/// where that has `tag`, the strong validator of the file.
[[nodiscard]] WantedBytes wanted_bytes(http::Request const& request, std::string_view tag,
                                       std::uint64_t size);

}  // namespace kaiwa::api
