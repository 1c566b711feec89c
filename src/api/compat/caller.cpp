#include "api/compat/caller.hpp"

#include "api/guard.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kaiwa::api::compat {
namespace {

constexpr std::string_view iam_issuer = "aws:iam";

std::unexpected<Error> unauthenticated() {
    return fail(Errc::unauthenticated, "send a valid credential in Authorization", "unauthenticated");
}

/// The credential, with or without `Bearer` in front: S2's clients send the token alone.
Result<std::string> find_token(http::Request const& request) {
    auto const count = request.headers.count("Authorization");
    if (count > 1) return fail(Errc::invalid_argument, "send one Authorization header");
    auto value = request.headers.get("Authorization");
    auto const space = value.find(' ');
    if (space != value.npos) {
        if (bare_media_type(value.substr(0, space)) != "bearer") return unauthenticated();
        value.remove_prefix(std::min(value.find_first_not_of(' ', space), value.size()));
    }
    if (value.empty()) return unauthenticated();
    return std::string(value);
}

asio::awaitable<Result<DialectCaller>> caller_of_token(Services const& services,
                                                       auth::TokenRules rules, std::string token) {
    auto verified = co_await services.tokens.verify(std::move(token), std::move(rules));
    if (!verified) {
        services.api->log.info("token_refused", {{"reason", verified.error().reason}});
        if (verified.error().code == Errc::unauthenticated) co_return unauthenticated();
        co_return std::unexpected(verified.error());
    }
    auto subject = verified->identity.subject;
    auto caller = co_await services.api->authenticator.recognise(std::move(verified->identity));
    if (!caller) co_return std::unexpected(caller.error());
    co_return DialectCaller{std::move(*caller), std::move(subject)};
}

asio::awaitable<Result<auth::Caller>> caller_of_host(Services const& services, std::string arn) {
    auth::ExternalIdentity identity{std::string(iam_issuer), arn, arn.substr(arn.rfind(':') + 1)};
    co_return co_await services.api->authenticator.recognise(std::move(identity));
}

std::unexpected<Error> too_many(AnonymousLimits const& limits) {
    return fail(Errc::rate_limited,
                fmt::format("more than {} requests a minute; wait a moment",
                            limits.requests_per_minute),
                "too_many_requests");
}

}  // namespace

asio::awaitable<Result<DialectCaller>> find_caller(Services const& services, Settings const& settings,
                                                   Dialect dialect, http::Request const& request) {
    auto const& own = settings.of(dialect);
    if (own.principal == PrincipalKind::anonymous) {
        auto const& limits = settings.anonymous;
        if (!services.quota.take(request.peer, limits.requests_per_minute))
            co_return too_many(limits);
        co_return DialectCaller{};
    }

    Result<auth::Caller> caller;
    if (own.principal == PrincipalKind::iam) {
        if (!request.verified_identity) co_return fail(Errc::forbidden, "sign the request");
        caller = co_await caller_of_host(services, *request.verified_identity);
    } else {
        auto token = find_token(request);
        if (!token) co_return std::unexpected(token.error());
        if (own.principal == PrincipalKind::issuer)
            co_return co_await caller_of_token(services, own.tokens, std::move(*token));
        caller = co_await services.api->authenticator.check_key(std::move(*token));
    }
    if (!caller) co_return std::unexpected(caller.error());
    co_return DialectCaller{std::move(*caller)};
}

asio::awaitable<Result<void>> admit_caller(Services const& services, Settings const& settings,
                                           Dialect dialect, http::Request const& request) {
    if (settings.of(dialect).principal == PrincipalKind::anonymous) {
        auto const& limits = settings.anonymous;
        if (services.quota.has_one(request.peer, limits.requests_per_minute))
            co_return Result<void>{};
        co_return too_many(limits);
    }
    auto const caller = co_await find_caller(services, settings, dialect, request);
    if (!caller) co_return std::unexpected(caller.error());
    co_return Result<void>{};
}

}  // namespace kaiwa::api::compat
