#include "api/json_out.hpp"
#include "api/json_text.hpp"
#include "api/problem.hpp"
#include "api/fields.hpp"
#include "api/resources.hpp"
#include "api/session_cookie.hpp"

namespace kaiwa::api {
namespace {

constexpr JsonFields::Text username_limits{1, 1024};
constexpr JsonFields::Text password_limits{0, 4096};

/// A refusal for too many attempts says how long to wait.
asio::awaitable<Result<void>> refuse_attempt(Call& call, Error error, std::string username) {
    http::Headers extra;
    if (error.code == Errc::rate_limited) {
        auto const pause =
            call.services.authenticator.sign_in_pause(username, call.request.peer);
        extra.add("Retry-After", std::to_string(std::max<std::int64_t>(pause.count(), 1)));
    }
    co_return co_await answer_problem(std::move(error), call.request, call.writer,
                                      call.services.log, std::move(extra));
}

asio::awaitable<Result<void>> sign_in(Call& call) {
    JsonFields fields(call.body, "the body");
    auth::SignIn attempt{.username = fields.string("username", username_limits),
                         .password = Secret(fields.string("password", password_limits)),
                         .address = call.request.peer,
                         .user_agent = std::string(call.request.headers.get("User-Agent")),
                         .replaced_token = sent_token(call)};
    if (auto ok = fields.finish(); !ok) co_return ok;

    auto const username = attempt.username;
    auto signed_in = co_await call.services.authenticator.sign_in(std::move(attempt));
    if (!signed_in) co_return co_await refuse_attempt(call, signed_in.error(), username);
    co_return co_await answer_signed_in(call, std::move(*signed_in));
}

asio::awaitable<Result<void>> show_session(Call& call) {
    co_return co_await answer_json(call.writer, 200, signed_in_json(*call.caller));
}

asio::awaitable<Result<void>> sign_out(Call& call) {
    auto done = co_await call.services.authenticator.sign_out(*call.caller);
    if (!done && done.error().code != Errc::not_found) co_return done;
    auto head = api_head(204, "");
    head.headers.add("Set-Cookie", expired_cookie(call));
    co_return co_await call.writer.respond(std::move(head), std::string());
}

asio::awaitable<Result<void>> change_password(Call& call) {
    JsonFields fields(call.body, "the body");
    Secret current(fields.string("current", password_limits));
    Secret next(fields.string("new", password_limits));
    if (auto ok = fields.finish(); !ok) co_return ok;

    auto changed = co_await call.services.authenticator.change_password(
        *call.caller, std::move(current), std::move(next), call.request.peer);
    if (!changed)
        co_return co_await refuse_attempt(call, changed.error(), call.who().username);
    co_return co_await answer_empty(call.writer);
}

asio::awaitable<Result<void>> list_sessions(Call& call) {
    auto sessions = co_await call.services.authenticator.sessions(*call.caller);
    if (!sessions) co_return std::unexpected(sessions.error());
    auto const append = [&call](std::string& out, auth::Session const& session) {
        append_session(out, session, call.caller->session);
    };
    co_return co_await answer_json(call.writer, 200, list_json(*sessions, std::nullopt, append));
}

asio::awaitable<Result<void>> end_session(Call& call) {
    auto const id = reference<SessionId>(call.segment(0));
    if (!id) co_return std::unexpected(id.error());
    auto ended = co_await call.services.authenticator.end_session(*call.caller, *id);
    if (!ended) co_return ended;
    co_return co_await answer_empty(call.writer);
}

}  // namespace

void add_session_routes(RouteTable& table) {
    table.add("GET", "/api/session", show_session);
    table.add_json("POST", "/api/session", sign_in, max_small_body_bytes, Access::anyone);
    table.add("DELETE", "/api/session", sign_out);
    table.add_json("PUT", "/api/session/password", change_password, max_small_body_bytes);
    table.add("GET", "/api/sessions", list_sessions);
    table.add("DELETE", "/api/sessions/{id}", end_session);
}

}  // namespace kaiwa::api
