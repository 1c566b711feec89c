#include "api/byte_range.hpp"

#include "http/text.hpp"

#include <algorithm>
#include <limits>

namespace kaiwa::api {
namespace {

/// A number of the grammar, of any length: what does not fit is behind every file's end.
std::optional<std::uint64_t> read_position(std::string_view digits) {
    bool const is_number =
        !digits.empty() && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
    if (!is_number) return std::nullopt;
    return http::to_number(digits).value_or(std::numeric_limits<std::uint64_t>::max());
}

/// "-5": the last five bytes.
WantedBytes read_suffix(std::string_view digits, std::uint64_t size) {
    auto const length = read_position(digits);
    if (!length) return WholeFile{};
    if (*length == 0) return NothingOfIt{};
    return ByteRange{size - std::min(*length, size), size - 1};
}

}  // namespace

WantedBytes read_range(std::string_view value, std::uint64_t size) {
    auto const equals = value.find('=');
    if (equals == value.npos || !http::same_word(value.substr(0, equals), "bytes"))
        return WholeFile{};
    http::ListReader list(value.substr(equals + 1));
    auto const only = list.next();
    if (!only || list.next()) return WholeFile{};

    auto const dash = only->find('-');
    if (dash == only->npos) return WholeFile{};
    if (dash == 0) return read_suffix(only->substr(1), size);
    auto const first = read_position(only->substr(0, dash));
    auto const end = only->substr(dash + 1);
    auto const last = end.empty() ? std::numeric_limits<std::uint64_t>::max() : read_position(end);
    if (!first || !last || *last < *first) return WholeFile{};
    if (*first >= size) return NothingOfIt{};
    return ByteRange{*first, std::min(*last, size - 1)};
}

WantedBytes wanted_bytes(http::Request const& request, std::string_view tag, std::uint64_t size) {
    if (request.method != "GET" || request.headers.count("Range") != 1) return WholeFile{};
    auto const bounds = request.headers.count("If-Range");
    if (bounds > 1 || (bounds == 1 && request.headers.get("If-Range") != tag)) return WholeFile{};
    return read_range(request.headers.get("Range"), size);
}

}  // namespace kaiwa::api
