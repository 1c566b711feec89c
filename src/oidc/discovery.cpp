#include "oidc/discovery.hpp"

#include "base/json.hpp"

#include <boost/url/parse.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kaiwa::oidc {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_body_bytes = 256 * 1024;
constexpr std::size_t max_url_bytes = 2048;
constexpr http::Deadlines deadlines{
    .connect = 5s, .first_byte = 10s, .idle = 5s, .total = question_patience};

/// Read here: Boost.URL 1.81 says that the host of "http://127.0.0.1.evil.example" is 127.0.0.1.
bool is_on_this_machine(std::string_view url) {
    url.remove_prefix(std::min(url.size(), url.find("://") + 3));
    auto const authority = url.substr(0, url.find_first_of("/?#"));
    auto const host = authority.starts_with('[') ? authority.substr(0, authority.find(']') + 1)
                                                 : authority.substr(0, authority.find(':'));
    return host == "127.0.0.1" || host == "localhost" || host == "[::1]";
}

/// An address of the issuer's: as protected as the issuer itself.
bool is_endpoint(std::string_view text, std::string_view issuer) {
    bool const secure = text.starts_with("https://");
    bool const plain = text.starts_with("http://") && issuer.starts_with("http://");
    if (!secure && !plain) return false;
    auto const url = text.size() <= max_url_bytes ? boost::urls::parse_uri(text)
                                                  : boost::urls::parse_uri("/");
    return url && !url->host().empty() && !url->has_userinfo() && !url->has_fragment();
}

std::unexpected<Error> unusable(std::string_view issuer, std::string_view why) {
    return fail(Errc::unavailable, fmt::format("the issuer {} {}", issuer, why));
}

}  // namespace

bool is_issuer(std::string_view text) {
    if (text.size() > max_url_bytes) return false;
    if (!text.starts_with("https://") && !text.starts_with("http://")) return false;
    auto const url = boost::urls::parse_uri(text);
    if (!url || url->host().empty() || url->has_userinfo() || url->has_query() ||
        url->has_fragment())
        return false;
    return text.starts_with("https://") || is_on_this_machine(text);
}

Result<Discovery> parse_discovery(std::string_view text, std::string_view issuer) {
    auto const parsed = parse_json(text);
    auto const* object = parsed ? parsed->if_object() : nullptr;
    if (!object) return unusable(issuer, "did not describe itself in JSON");
    auto const read = [&](std::string_view name) {
        auto const* value = object->if_contains(name);
        return value && value->is_string() ? std::string(value->get_string()) : std::string();
    };
    Discovery found{.issuer = read("issuer"),
                    .jwks_uri = read("jwks_uri"),
                    .authorization_endpoint = read("authorization_endpoint"),
                    .token_endpoint = read("token_endpoint"),
                    .end_session_endpoint = read("end_session_endpoint")};
    if (found.issuer != issuer) return unusable(issuer, "says that it is another one");
    if (!is_endpoint(found.jwks_uri, issuer)) return unusable(issuer, "names no address of its keys");
    for (auto* optional :
         {&found.authorization_endpoint, &found.token_endpoint, &found.end_session_endpoint})
        if (!is_endpoint(*optional, issuer)) optional->clear();
    return found;
}

asio::awaitable<Result<Discovery>> discover(http::Transport& transport, std::string issuer,
                                            std::chrono::milliseconds patience) {
    auto address = issuer;
    if (address.ends_with('/')) address.pop_back();
    auto body = co_await fetch(transport, address + "/.well-known/openid-configuration", patience);
    if (!body) co_return std::unexpected(body.error());
    co_return parse_discovery(*body, issuer);
}

asio::awaitable<Result<std::string>> fetch(http::Transport& transport, std::string url,
                                           std::chrono::milliseconds patience) {
    auto const failed = [url](Error const& error) {
        if (error.code == Errc::cancelled) return std::unexpected(error);
        return fail(Errc::unavailable, fmt::format("{} cannot be read: {}", url, error.message));
    };
    http::OutboundRequest request;
    request.url = url;
    request.headers.add("Accept", "application/json");
    request.deadlines = deadlines;
    request.deadlines.total = std::min<std::chrono::milliseconds>(patience, deadlines.total);
    auto response = co_await transport.send(std::move(request));
    if (!response) co_return failed(response.error());
    if ((*response)->status() != 200)
        co_return fail(Errc::unavailable,
                       fmt::format("{} answered {}", url, (*response)->status()));
    auto body = co_await (*response)->read_all(max_body_bytes);
    if (!body) co_return failed(body.error());
    co_return std::move(*body);
}

}  // namespace kaiwa::oidc
