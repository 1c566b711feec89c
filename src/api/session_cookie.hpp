#pragma once

#include "api/call.hpp"
#include "auth/authenticator.hpp"

namespace kaiwa::api {

/// Answers with who is signed in now, and sets the cookie.
asio::awaitable<Result<void>> answer_signed_in(Call& call, auth::SignedIn signed_in);

/// The `Set-Cookie` that takes the cookie away.
[[nodiscard]] std::string expired_cookie(Call const& call);

/// The session token that came along, if any.
[[nodiscard]] std::string sent_token(Call const& call);

}  // namespace kaiwa::api
