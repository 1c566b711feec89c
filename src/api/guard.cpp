#include "api/guard.hpp"

#include <algorithm>

namespace kaiwa::api {
namespace {

bool changes_something(http::Request const& request) {
    return request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS";
}

/// A WebSocket's handshake is a GET, yet a foreign page could open one with the cookie.
bool needs_own_origin(http::Request const& request) {
    return changes_something(request) || request.headers.has("Sec-WebSocket-Key");
}

std::unexpected<Error> unauthenticated() {
    return fail(Errc::unauthenticated, "sign in, or send a valid API key", "unauthenticated");
}

Result<void> check_origin(Site const& site, http::Request const& request,
                          PresentedCredential const& credential, Access access) {
    if (!needs_own_origin(request)) return {};
    bool const by_cookie = credential.kind == PresentedCredential::Kind::cookie;
    // Without a cookie there is nothing to borrow; yet a page that says it is foreign may not sign
    // people in.
    bool const says_origin =
        request.headers.has("Origin") || request.headers.has("Sec-Fetch-Site");
    bool const matters = by_cookie || (access == Access::anyone && says_origin);
    if (!matters || site.sent_by_page(request)) return {};
    return fail(Errc::forbidden,
                "a change needs the Origin of this site, or Sec-Fetch-Site: same-origin",
                "bad_origin");
}

}  // namespace

std::string bare_media_type(std::string_view content_type) {
    auto type = content_type.substr(0, content_type.find(';'));
    while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
    while (type.starts_with(' ') || type.starts_with('\t')) type.remove_prefix(1);
    std::string out(type);
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

Result<PresentedCredential> find_credential(http::Request const& request, Site const& site) {
    auto const cookie = request.cookie(site.cookie_name(request));
    bool const has_cookie = cookie && !cookie->empty();
    auto const authorizations = request.headers.count("Authorization");
    auto const other_keys = request.headers.count("X-Api-Key");
    if (authorizations + other_keys + (has_cookie ? 1 : 0) > 1)
        return fail(Errc::invalid_argument,
                    "send one credential: the session cookie or one Authorization header");
    if (has_cookie)
        return PresentedCredential{PresentedCredential::Kind::cookie, std::string(*cookie)};
    if (other_keys == 1) return unauthenticated();
    if (authorizations == 0) return PresentedCredential{};

    auto const value = request.headers.get("Authorization");
    auto const space = value.find(' ');
    if (space == value.npos || bare_media_type(value.substr(0, space)) != "bearer")
        return unauthenticated();
    auto const token = std::min(value.find_first_not_of(' ', space), value.size());
    return PresentedCredential{PresentedCredential::Kind::bearer, std::string(value.substr(token))};
}

asio::awaitable<Result<std::optional<auth::Caller>>> let_in(Services const& services,
                                                            Settings const& settings,
                                                            http::Request const& request,
                                                            Access access) {
    if (!settings.site.allows_host(request))
        co_return fail(Errc::forbidden,
                       "this server does not answer under that Host; its public address is set "
                       "by server.public_url",
                       "misdirected");
    co_return co_await let_in_under_any_host(services, settings, request, access);
}

asio::awaitable<Result<std::optional<auth::Caller>>> let_in_under_any_host(
    Services const& services, Settings const& settings, http::Request const& request,
    Access access) {
    using Kind = PresentedCredential::Kind;
    auto const& site = settings.site;
    auto credential = find_credential(request, site);
    if (!credential) co_return std::unexpected(credential.error());
    if (auto ok = check_origin(site, request, *credential, access); !ok)
        co_return std::unexpected(ok.error());
    if (access == Access::anyone) co_return std::nullopt;

    if (credential->kind == Kind::none) co_return unauthenticated();
    auto caller = credential->kind == Kind::cookie
                      ? co_await services.authenticator.check_session(std::move(credential->text))
                      : co_await services.authenticator.check_key(std::move(credential->text));
    if (!caller) co_return std::unexpected(caller.error());
    if (access == Access::administrator && !caller->principal.is_administrator())
        co_return fail(Errc::forbidden, "only administrators may do this");
    co_return std::move(*caller);
}

Result<void> refuse_coding(http::Request const& request) {
    auto const coding = bare_media_type(request.headers.get("Content-Encoding"));
    if (coding.empty() || coding == "identity") return {};
    return fail(Errc::unsupported, "send the body as it is, without Content-Encoding",
                "unsupported_type");
}

Result<json::value> read_json_body(http::Request const& request, Needed needed) {
    if (request.body.empty() && needed == Needed::no) return json::value(json::object());
    if (auto ok = refuse_coding(request); !ok) return std::unexpected(ok.error());
    if (bare_media_type(request.headers.get("Content-Type")) != "application/json")
        return fail(Errc::unsupported, "expected Content-Type: application/json",
                    "unsupported_type");
    return parse_json(request.body);
}

}  // namespace kaiwa::api
