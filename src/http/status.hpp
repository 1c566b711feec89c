#pragma once

#include <string_view>

namespace kaiwa::http {

/// "Not Found" of 404 (RFC 9110, 15); "Status" for one that we never send.
[[nodiscard]] std::string_view reason_phrase(unsigned status);

}  // namespace kaiwa::http
