#include "api/resources.hpp"
#include "api/site.hpp"

namespace kaiwa::api {
namespace {

asio::awaitable<Result<void>> answer_text(Call& call, unsigned status, std::string text) {
    co_return co_await call.writer.respond(api_head(status, "text/plain; charset=utf-8"),
                                           std::move(text));
}

asio::awaitable<Result<void>> health(Call& call) { return answer_text(call, 200, "ok\n"); }

asio::awaitable<Result<void>> readiness(Call& call) {
    if (call.services.turns.draining()) co_return co_await answer_text(call, 503, "draining\n");
    bool takes_changes = true;
    if (call.services.takes_changes) takes_changes = co_await call.services.takes_changes();
    if (!takes_changes)
        co_return co_await answer_text(call, 503, "the store takes no changes: is its disk full?\n");
    co_return co_await answer_text(call, 200, "ready\n");
}

/// For whoever sits at this machine, or an administrator. What collects figures calls by whatever
/// name the network gives this machine; a browser that was led here by one has no key to send.
asio::awaitable<Result<void>> metrics(Call& call) {
    if (!is_local(call.request)) {
        auto const asked_by_key = call.request.headers.has("Authorization");
        auto const admit = asked_by_key ? let_in_under_any_host : let_in;
        auto caller =
            co_await admit(call.services, *call.settings, call.request, Access::administrator);
        if (!caller) co_return std::unexpected(caller.error());
    }
    co_return co_await call.writer.respond(api_head(200, "text/plain; version=0.0.4"),
                                           call.services.metrics.text());
}

}  // namespace

void add_health_routes(RouteTable& table) {
    table.add_unguarded("/healthz", health);
    table.add_unguarded("/readyz", readiness);
    table.add_unguarded("/metrics", metrics);
}

}  // namespace kaiwa::api
