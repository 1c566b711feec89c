#pragma once

#include "kaiwa/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace kaiwa::http {

enum class Scheme { http, https };

/// Where an outbound call goes, taken apart once: what is checked is what is connected to.
struct Url {
    Scheme scheme = Scheme::http;
    std::string host;  ///< A name or an address, lower case, without the brackets of IPv6.
    std::uint16_t port = 80;
    std::string authority;  ///< The `Host` field: with brackets, and the port unless it is usual.
    std::string target;     ///< Path and query as they stand; at least "/".

    bool operator==(Url const&) const = default;
};

/// Parses an absolute http or https URL (RFC 3986) of printable ASCII, at most 8 KiB.
///
/// Fails with `invalid_argument` for another scheme, user information, a fragment, a backslash, a
/// host that is neither an address nor made of letters, digits, '.', '-' and '_', or a bad port.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

}  // namespace kaiwa::http
