#include "api/session_cookie.hpp"

#include "api/json_out.hpp"

#include <fmt/format.h>

namespace kaiwa::api {
namespace {

std::string cookie(Call const& call, std::string_view value, std::chrono::seconds lifetime) {
    auto const& site = call.settings->site;
    return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{}",
                       site.cookie_name(call.request), value, lifetime.count(),
                       site.uses_plain_cookie(call.request) ? "" : "; Secure");
}

}  // namespace

std::string expired_cookie(Call const& call) { return cookie(call, "", std::chrono::seconds(0)); }

std::string sent_token(Call const& call) {
    auto const name = call.settings->site.cookie_name(call.request);
    return std::string(call.request.cookie(name).value_or(""));
}

asio::awaitable<Result<void>> answer_signed_in(Call& call, auth::SignedIn signed_in) {
    auto head = api_head(200, "application/json");
    head.headers.add("Set-Cookie", cookie(call, signed_in.token.reveal(),
                                          auth::Authenticator::absolute_timeout));
    co_return co_await call.writer.respond(std::move(head), signed_in_json(signed_in.user));
}

}  // namespace kaiwa::api
