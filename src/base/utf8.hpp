#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kaiwa {

[[nodiscard]] bool is_valid_utf8(std::string_view text);

/// `text` with every ill-formed sequence replaced by U+FFFD (Unicode 15, 3.9, best practice).
[[nodiscard]] std::string replace_invalid_utf8(std::string text);

/// How many bytes at the end of `text` are an unfinished but so far well-formed sequence (0 to 3).
[[nodiscard]] std::size_t unfinished_utf8_suffix(std::string_view text);

/// The longest prefix of at most `max_bytes` that does not cut a code point.
[[nodiscard]] std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes);

/// The first `max_code_points` code points of well-formed `text`.
[[nodiscard]] std::string_view utf8_first(std::string_view text, std::size_t max_code_points);

[[nodiscard]] std::size_t count_code_points(std::string_view text);

}  // namespace kaiwa
