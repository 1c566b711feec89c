#include "http/proxy.hpp"

#include "base/crypto.hpp"
#include "http/forwarded.hpp"
#include "http/target.hpp"
#include "http/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kaiwa::http {

namespace {

std::unexpected<Error> refused(std::string_view name) {
    return fail(Errc::invalid_argument,
                fmt::format("{}: expected http://[user:password@]host[:port]", name));
}

/// "user:password", percent-encoded as in a URL, for `Proxy-Authorization` (RFC 7617).
std::optional<Secret> basic(std::string_view user_info) {
    auto const colon = user_info.find(':');
    auto const user = percent_decode(user_info.substr(0, colon));
    auto const password =
        percent_decode(colon == user_info.npos ? std::string_view() : user_info.substr(colon + 1));
    if (!user || !password || user->contains(':')) return std::nullopt;
    return Secret("Basic " + base64(*user + ":" + *password));
}

Result<Proxy> read_proxy(std::string_view name, std::string_view text) {
    if (same_word(text.substr(0, 7), "http://"))
        text.remove_prefix(7);
    else if (text.contains("://"))
        return refused(name);
    Proxy proxy;
    if (auto const at = text.rfind('@'); at != text.npos) {
        auto authorization = basic(text.substr(0, at));
        if (!authorization) return refused(name);
        proxy.authorization = std::move(*authorization);
        text.remove_prefix(at + 1);
    }
    auto const url = parse_url("http://" + std::string(text));
    if (!url || url->target != "/") return refused(name);
    proxy.host = url->host;
    proxy.port = url->port;
    return proxy;
}

std::optional<std::string> either(Proxies::Variables const& variables, std::string_view name) {
    if (auto small = variables(to_lower(name))) return small;
    return variables(name);
}

std::optional<asio::ip::address> address_of(std::string const& host) {
    boost::system::error_code error;
    auto const address = asio::ip::make_address(host, error);
    if (error) return std::nullopt;
    return unmapped(address);
}

/// This machine, and what only machinery of the cloud answers.
bool is_near(std::string_view host, std::optional<asio::ip::address> const& address) {
    if (!address) return host == "localhost" || host.ends_with(".localhost");
    if (address->is_loopback() || address->is_unspecified()) return true;
    if (address->is_v6()) return address->to_v6().is_link_local();
    auto const bytes = address->to_v4().to_bytes();
    return bytes[0] == 169 && bytes[1] == 254;
}

}  // namespace

Proxies::Exception Proxies::read_exception(std::string_view text) {
    Exception exception;
    if (auto range = AddressRange::parse(text)) {
        exception.range = *range;
        return exception;
    }
    auto const colon = text.rfind(':');
    if (auto const port = colon == text.npos ? std::nullopt : to_number(text.substr(colon + 1));
        port && *port <= 65'535) {
        exception.port = static_cast<std::uint16_t>(*port);
        text = text.substr(0, colon);
    }
    if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
    if (auto range = AddressRange::parse(text)) {
        exception.range = *range;
        return exception;
    }
    if (text.starts_with("*.")) text.remove_prefix(1);
    if (text.starts_with('.')) text.remove_prefix(1);
    if (text != "*") exception.name = to_lower(text);
    return exception;
}

Result<Proxies> Proxies::read(Variables const& variables) {
    Proxies proxies;
    for (auto const& [name, proxy] : {std::pair{"HTTPS_PROXY", &proxies.for_https_},
                                      std::pair{"HTTP_PROXY", &proxies.for_http_}}) {
        auto const text = either(variables, name);
        if (!text || text->empty()) continue;
        auto read = read_proxy(name, *text);
        if (!read) return std::unexpected(read.error());
        *proxy = std::move(*read);
    }
    auto const none = either(variables, "NO_PROXY").value_or(std::string());
    ListReader list(none);
    while (auto const item = list.next()) proxies.exceptions_.push_back(read_exception(*item));
    return proxies;
}

bool Proxies::is_exempt(Url const& url) const {
    auto const address = address_of(url.host);
    if (is_near(url.host, address)) return true;
    return std::ranges::any_of(exceptions_, [&](Exception const& exception) {
        if (exception.port != 0 && exception.port != url.port) return false;
        if (exception.range) return address && exception.range->contains(*address);
        auto const& name = exception.name;
        return name.empty() || url.host == name || url.host.ends_with("." + name);
    });
}

Proxy const* Proxies::find(Url const& url) const {
    auto const& proxy = url.scheme == Scheme::https ? for_https_ : for_http_;
    return !proxy || is_exempt(url) ? nullptr : &*proxy;
}

}  // namespace kaiwa::http
