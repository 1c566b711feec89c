#include "api/event_stream.hpp"
#include "api/fields.hpp"
#include "api/resources.hpp"

#include <limits>

namespace kaiwa::api {
namespace {

constexpr std::uint64_t max_wait_seconds = 20;

/// The number after which to go on: a client that reconnects by itself sends `Last-Event-ID` with
/// the address it began with, so the header wins.
Result<std::uint64_t> read_after(http::Request const& request) {
    constexpr auto max = std::uint64_t{std::numeric_limits<std::int64_t>::max()};
    if (request.headers.has("Last-Event-ID"))
        return read_number(request.headers.get("Last-Event-ID"), "Last-Event-ID", max);
    if (auto const after = request.parameter("after")) return read_number(*after, "?after=", max);
    return 0;
}

asio::awaitable<Result<void>> show_events(Call& call) {
    auto const& request = call.request;
    auto const id = reference<GenerationId>(call.segment(0));
    if (!id) co_return std::unexpected(id.error());
    auto const after = read_after(request);
    if (!after) co_return std::unexpected(after.error());
    auto const wait = read_number(request.parameter("wait").value_or("0"), "?wait=",
                                  max_wait_seconds);
    if (!wait) co_return std::unexpected(wait.error());

    auto reader = co_await call.services.turns.follow(call.who(), *id, *after);
    if (!reader) co_return std::unexpected(reader.error());
    bool const wants_json = request.accept_weight("application/json") > 0;
    if (wants_json && !wants_events(request))
        co_return co_await poll_events(call, std::move(*reader), std::chrono::seconds(*wait));
    co_return co_await stream_events(call, std::move(*reader), {});
}

}  // namespace

void add_event_routes(RouteTable& table) {
    table.add("GET", "/api/generations/{id}/events", show_events);
}

}  // namespace kaiwa::api
