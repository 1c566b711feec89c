#include "http/url.hpp"

#include "http/text.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kaiwa::http {

namespace {

constexpr std::size_t max_url_bytes = 8 * 1024;
constexpr std::size_t max_host_bytes = 253;

std::unexpected<Error> refused(char const* why) {
    // Not the URL itself: it may carry a signature or a key.
    return fail(Errc::invalid_argument, fmt::format("the URL is refused: {}", why));
}

bool is_host_name(std::string_view host) {
    static constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789.-_";
    return !host.empty() && host.size() <= max_host_bytes &&
           host.find_first_not_of(allowed) == host.npos;
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
    if (text.size() > max_url_bytes) return refused("it is longer than 8192 bytes");
    bool const printable = std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
    if (!printable || text.contains('\\')) {
        return refused("it must be printable ASCII without spaces and backslashes");
    }
    // The authority is asked for here already: the parser meets no URL without one.
    Url url;
    if (same_word(text.substr(0, 8), "https://")) {
        url.scheme = Scheme::https;
        url.port = 443;
    } else if (!same_word(text.substr(0, 7), "http://")) {
        return refused("it must begin with http:// or https://");
    }

    auto const parsed = boost::urls::parse_uri({text.data(), text.size()});
    if (!parsed) return refused("it is malformed");
    boost::urls::url_view const view = *parsed;
    if (view.has_userinfo()) return refused("it must not have a user name or password");
    if (view.has_fragment()) return refused("it must not have a fragment");

    std::string_view const host = view.encoded_host();
    if (view.host_type() == boost::urls::host_type::ipv6) {
        url.host = to_lower(host.substr(1, host.size() - 2));
    } else {
        url.host = to_lower(host);
        if (!is_host_name(url.host)) return refused("its host is neither a name nor an address");
    }

    url.authority = to_lower(host);
    if (view.has_port()) {
        auto const port = to_number(std::string_view(view.port()));
        if (!port || *port == 0 || *port > 65535) return refused("its port must be 1 to 65535");
        if (*port != url.port) url.authority += fmt::format(":{}", *port);
        url.port = static_cast<std::uint16_t>(*port);
    }
    url.target = std::string_view(view.encoded_target());
    // The parser takes "http://127.0.0.1.example.com/" for the host 127.0.0.1 and a path behind it.
    if (!url.target.empty() && !url.target.starts_with('/') && !url.target.starts_with('?')) {
        return refused("its host begins like an address but is none");
    }
    if (!url.target.starts_with('/')) url.target.insert(0, "/");
    return url;
}

}  // namespace kaiwa::http
