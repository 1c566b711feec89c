#pragma once

#include "http/message.hpp"

#include <string_view>

namespace kaiwa::http {

/// The weight, in thousandths, that the lists of `field` give what they name themselves, without
/// case (RFC 9110, 12.4.2); 0 for what they name with no weight or not at all.
[[nodiscard]] unsigned listed_weight(Headers const& headers, std::string_view field,
                                     std::string_view wanted);

/// Whether `If-None-Match` says that the asker has what `etag`, with its quotes, stands for: the
/// answer is then 304 (RFC 9110, 13.1.2).
[[nodiscard]] bool has_already(Request const& request, std::string_view etag);

}  // namespace kaiwa::http
