#pragma once

#include "api/compat/limits.hpp"
#include "api/compat/settings.hpp"
#include "api/services.hpp"
#include "auth/token_verifier.hpp"
#include "chat/role_store.hpp"
#include "chat/session_history.hpp"
#include "http/message.hpp"

#include <functional>
#include <memory>

namespace kaiwa::api::compat {

/// What the dialects work with beside the routes' own services. All of it outlives the router and is
/// thread-safe.
struct Services {
    std::shared_ptr<api::Services const> api;
    auth::TokenVerifier& tokens;
    AnonymousQuota& quota;
    /// As of now; called once a request.
    std::function<std::shared_ptr<Settings const>()> settings;
    /// Where sessions of `Dialect::lambda_url` are remembered; null: by their threads.
    chat::SessionHistory* history = nullptr;
    /// GPTGRAM's own table of roles; null: a role is kept in a thread.
    chat::RoleStore* roles = nullptr;
};

/// Who asks in a dialect. `caller` is unset for somebody who proved nothing and need not: what such
/// callers own hangs on their session's id instead (conversation.hpp).
struct DialectCaller {
    std::optional<auth::Caller> caller;
    std::string subject{};  ///< What the issuer of their token calls them; else empty.
};

/// Finds out who asks, as the dialect's configuration wants it. A cookie of the page never counts
/// here: pages of other origins may call a dialect.
///
/// Fails with `unauthenticated`; `forbidden` (no verified IAM identity); `rate_limited` (reason
/// "too_many_requests": what an anonymous caller may ask in a minute); `invalid_argument` (two credentials);
/// `unavailable` (the issuer's keys cannot be had).
asio::awaitable<Result<DialectCaller>> find_caller(Services const& services, Settings const& settings,
                                                   Dialect dialect, http::Request const& request);

/// Whether somebody may come in with what is in the request's head: before its body is read, and
/// without using up anything of what they may ask. Fails as `find_caller()`, which decides behind
/// the body, would.
asio::awaitable<Result<void>> admit_caller(Services const& services, Settings const& settings,
                                           Dialect dialect, http::Request const& request);

inline constexpr std::string_view anonymous_mark = "anonymous:";

}  // namespace kaiwa::api::compat
