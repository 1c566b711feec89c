#include "api/site.hpp"

#include <boost/system/error_code.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>

namespace kaiwa::api {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

/// "scheme://host" with the scheme's own port left out, as `Origin` has it (RFC 6454, 6.1).
std::string origin_of(std::string_view scheme, std::string_view host) {
    auto name = lower(host);
    std::string_view const own_port = scheme == "https" ? ":443" : ":80";
    if (name.ends_with(own_port)) name.resize(name.size() - own_port.size());
    return std::string(scheme) + "://" + name;
}

std::string_view without_port(std::string_view host) {
    auto const colon = host.rfind(':');
    bool const in_brackets = host.find(']', colon == host.npos ? 0 : colon) != host.npos;
    return colon == host.npos || in_brackets ? host : host.substr(0, colon);
}

}  // namespace

bool is_loopback_name(std::string_view host) {
    auto const name = lower(without_port(host));
    if (name == "localhost" || name == "[::1]") return true;
    boost::system::error_code error;
    auto const address = asio::ip::make_address_v4(name, error);
    return !error && address.is_loopback();
}

bool is_local(http::Request const& request) {
    return request.peer.is_loopback() && !request.forwarded &&
           is_loopback_name(request.headers.get("Host"));
}

bool begins_as_web_address(std::string_view text) {
    return text.starts_with("http://") || text.starts_with("https://");
}

Result<Site> Site::parse(std::string_view public_url) {
    Site site;
    if (public_url.empty()) return site;
    auto const url =
        boost::urls::parse_absolute_uri(begins_as_web_address(public_url) ? public_url : "/");
    bool const usable = url && (url->scheme() == "http" || url->scheme() == "https") &&
                        !url->host().empty() && !url->has_userinfo() && !url->has_query() &&
                        (url->path().empty() || url->path() == "/");
    if (!usable)
        return fail(Errc::invalid_argument,
                    "expected an address like https://chat.example.com, without a path");
    site.public_origin = origin_of(url->scheme(), std::string_view(url->encoded_host_and_port()));
    return site;
}

bool Site::is_public(http::Request const& request) const {
    if (!public_origin) return false;
    auto const scheme = std::string_view(*public_origin).substr(0, public_origin->find(':'));
    return origin_of(scheme, request.headers.get("Host")) == *public_origin;
}

bool Site::allows_host(http::Request const& request) const {
    if (request.headers.count("Host") != 1) return false;
    auto const host = request.headers.get("Host");
    if (host.empty()) return false;
    if (hosts == Hosts::any || is_loopback_name(host) || is_public(request)) return true;
    return std::ranges::find(other_hosts, lower(without_port(host))) != other_hosts.end();
}

bool Site::sent_by_page(http::Request const& request) const {
    // A front may send its own Host, and then the page's origin is one that we do not know. The
    // browser compares the two that it knows, and no page can set what it says.
    bool const host_is_fronts = hosts == Hosts::any && request.headers.has("Sec-Fetch-Site");
    if (request.headers.has("Origin") && !host_is_fronts) {
        if (request.headers.count("Origin") != 1) return false;
        auto const origin = request.headers.get("Origin");
        if (is_public(request)) return origin == *public_origin;
        return origin == origin_of(request.secure ? "https" : "http", request.headers.get("Host"));
    }
    return request.headers.count("Sec-Fetch-Site") == 1 &&
           request.headers.get("Sec-Fetch-Site") == "same-origin";
}

bool Site::uses_plain_cookie(http::Request const& request) const {
    if (request.secure) return false;
    if (is_loopback_name(request.headers.get("Host")) && !request.forwarded) return true;
    return !public_origin || public_origin->starts_with("http:");
}

std::string_view Site::cookie_name(http::Request const& request) const {
    return uses_plain_cookie(request) ? "kaiwa" : "__Host-kaiwa";
}

}  // namespace kaiwa::api
