#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace kaiwa::http {

/// Reads "Sun, 06 Nov 1994 08:49:37 GMT", the one form of a date that HTTP sends (RFC 9110, 5.6.7).
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text);

}  // namespace kaiwa::http
