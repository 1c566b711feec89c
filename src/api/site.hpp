#pragma once

#include "http/message.hpp"
#include "kaiwa/error.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::api {

/// Whether `text` begins as http and https addresses do. Asked before Boost.URL 1.81 parses, which
/// asserts on some text that does not, such as "a:?".
[[nodiscard]] bool begins_as_web_address(std::string_view text);

/// Where the page lives, and so which requests can come from it.
struct Site {
    std::optional<std::string> public_origin;  ///< "https://chat.example.com", as browsers write it.
    enum class Hosts {
        listed,  ///< The public one and loopback names.
        any,     ///< All of them: the home in front of us routes by name.
    } hosts = Hosts::listed;
    std::vector<std::string> other_hosts;  ///< Names without a port, lower case, that are ours too.

    /// `public_url` is http or https with a host and no path; empty: not public.
    /// Fails with `invalid_argument`.
    static Result<Site> parse(std::string_view public_url);

    /// Whether the request's `Host` is one of ours; a name that an attacker pointed at our address
    /// is not (DNS rebinding).
    [[nodiscard]] bool allows_host(http::Request const& request) const;

    /// Whether the page of this very site sent the request: by `Origin` where there is one, else by
    /// `Sec-Fetch-Site`; the other way round where `hosts` is `any`.
    [[nodiscard]] bool sent_by_page(http::Request const& request) const;

    /// Whether the session cookie is the plain one: on loopback and where the operator chose http.
    [[nodiscard]] bool uses_plain_cookie(http::Request const& request) const;

    /// Whether the request was sent to the public address.
    [[nodiscard]] bool is_public(http::Request const& request) const;

    /// The session cookie's name (RFC 6265bis, 4.1.3: `__Host-` where the cookie is Secure).
    [[nodiscard]] std::string_view cookie_name(http::Request const& request) const;
};

/// Whether `host`, with or without a port, names this very machine.
[[nodiscard]] bool is_loopback_name(std::string_view host);

/// Whether whoever asks sits at this machine: a loopback address, not through a proxy, and under a
/// loopback name.
[[nodiscard]] bool is_local(http::Request const& request);

}  // namespace kaiwa::api
