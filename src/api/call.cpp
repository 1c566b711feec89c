#include "api/call.hpp"

#include "api/problem.hpp"

namespace kaiwa::api {
namespace {

void count(Traffic& traffic, Result<void> const& done) {
    auto const status = done ? 200 : to_problem(done.error()).status;
    auto& counter = status < 400   ? traffic.answered
                    : status < 500 ? traffic.refused
                                   : traffic.failed;
    counter.fetch_add(1, std::memory_order_relaxed);
}

/// Who asked and for which thread, for the log.
void note(Call& call) {
    auto& request = call.request;
    if (call.caller) request.notes.principal = call.who().id.text();
    bool const of_thread =
        request.path.starts_with("/api/threads/") && !request.segments.empty();
    if (of_thread && ThreadId::parse(request.segments[0]))
        request.notes.thread = request.segments[0];
}

}  // namespace

/// Before the body is read. `run()` asks again behind one that is buffered, an action behind each
/// piece that it reads itself: what was revoked meanwhile holds no more.
asio::awaitable<Result<void>> RouteTable::admit(std::shared_ptr<Services const> services,
                                                Access access, http::Request& request) {
    auto const settings = services->settings();
    auto const caller = co_await let_in(*services, *settings, request, access);
    if (caller) co_return Result<void>{};
    Result<void> const refused = std::unexpected(caller.error());
    count(services->metrics.traffic, refused);
    co_return refused;
}

asio::awaitable<Result<void>> RouteTable::run(std::shared_ptr<Services const> services, Rule rule,
                                              http::Request& request,
                                              http::ResponseWriter& writer) {
    Call call{*services, services->settings(), request, writer, std::nullopt, nullptr};
    Result<void> done;
    auto caller = co_await let_in(*services, *call.settings, request, rule.access);
    if (!caller) {
        done = std::unexpected(caller.error());
    } else {
        call.caller = std::move(*caller);
        note(call);
        if (rule.body == Body::json || rule.body == Body::nothing) {
            auto body = read_json_body(request, rule.body == Body::json ? Needed::yes : Needed::no);
            if (body) call.body = std::move(*body);
            else done = std::unexpected(body.error());
        }
        if (done && rule.body == Body::nothing) done = JsonFields(call.body, "the body").finish();
        if (done) done = co_await rule.action(call);
    }
    count(services->metrics.traffic, done);
    co_return done;
}

asio::awaitable<Result<void>> RouteTable::run_unguarded(std::shared_ptr<Services const> services,
                                                        Action action, http::Request& request,
                                                        http::ResponseWriter& writer) {
    Call call{*services, services->settings(), request, writer, std::nullopt, nullptr};
    co_return co_await action(call);
}

void RouteTable::add(std::string method, std::string pattern, Rule rule, http::BodyMode mode,
                     std::size_t max_bytes) {
    auto handler = [services = services_, rule](http::Request& request,
                                                http::ResponseWriter& writer) {
        return run(services, rule, request, writer);
    };
    http::Admission admission;
    if (mode != http::BodyMode::none) {
        admission = [services = services_, access = rule.access](http::Request& request) {
            return admit(services, access, request);
        };
    }
    router_.add({.method = std::move(method),
                 .pattern = std::move(pattern),
                 .handler = std::move(handler),
                 .body = mode,
                 .max_body_bytes = max_bytes,
                 .admit = std::move(admission)});
}

void RouteTable::add(std::string method, std::string pattern, Action action, Access access) {
    add(std::move(method), std::move(pattern), {action, access, Body::none}, http::BodyMode::none,
        0);
}

void RouteTable::add_json(std::string method, std::string pattern, Action action,
                          std::size_t max_bytes, Access access) {
    add(std::move(method), std::move(pattern), {action, access, Body::json},
        http::BodyMode::buffered, max_bytes);
}

void RouteTable::add_command(std::string method, std::string pattern, Action action) {
    add(std::move(method), std::move(pattern), {action, Access::signed_in, Body::nothing},
        http::BodyMode::buffered, 1024);
}

void RouteTable::add_upload(std::string method, std::string pattern, Action action,
                            std::size_t max_bytes) {
    add(std::move(method), std::move(pattern), {action, Access::signed_in, Body::streamed},
        http::BodyMode::streamed, max_bytes);
}

void RouteTable::add_websocket(std::string pattern, Action action, std::size_t max_bytes) {
    add("GET", std::move(pattern), {action, Access::signed_in, Body::none}, http::BodyMode::none,
        max_bytes);
}

void RouteTable::add_unguarded(std::string pattern, Action action) {
    auto handler = [services = services_, action](http::Request& request,
                                                  http::ResponseWriter& writer) {
        return run_unguarded(services, action, request, writer);
    };
    router_.add({.method = "GET", .pattern = std::move(pattern), .handler = std::move(handler)});
}

}  // namespace kaiwa::api
