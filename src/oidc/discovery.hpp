#pragma once

#include "http/transport.hpp"
#include "kaiwa/error.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace kaiwa::oidc {

/// What an issuer says about itself (OpenID Connect Discovery 1.0, section 3).
struct Discovery {
    std::string issuer;
    std::string jwks_uri;
    std::string authorization_endpoint;  ///< May be empty, like those below.
    std::string token_endpoint;
    std::string end_session_endpoint;
};

/// Whether an issuer can be asked at all: https, or http on this very machine; a host, no query and
/// no fragment.
[[nodiscard]] bool is_issuer(std::string_view text);

/// Reads what `issuer` answered. Fails with `unavailable` when it is not JSON, says that it is
/// another issuer, or names addresses that are less protected than its own.
[[nodiscard]] Result<Discovery> parse_discovery(std::string_view json, std::string_view issuer);

/// How long one question to an issuer may take.
inline constexpr std::chrono::seconds question_patience{15};

/// Asks the issuer. Fails with `unavailable`, or `cancelled`.
asio::awaitable<Result<Discovery>> discover(http::Transport& transport, std::string issuer,
                                            std::chrono::milliseconds patience = question_patience);

/// The body of a GET that answers 200, at most 256 KiB. Fails like `discover()`.
asio::awaitable<Result<std::string>> fetch(http::Transport& transport, std::string url,
                                           std::chrono::milliseconds patience = question_patience);

}  // namespace kaiwa::oidc
