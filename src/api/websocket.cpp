#include "api/live_page.hpp"
#include "api/resources.hpp"

namespace kaiwa::api {
namespace {

asio::awaitable<Result<void>> connect(Call& call) {
    auto socket = co_await call.writer.accept_websocket("kaiwa.v1");
    if (!socket) co_return std::unexpected(socket.error());
    OpenCount const open(call.services.metrics.traffic.websockets);
    auto const loop = co_await asio::this_coro::executor;
    LivePage page(call, std::move(*socket), loop);
    co_await page.run();
    co_return Result<void>{};
}

}  // namespace

void add_websocket_routes(RouteTable& table) {
    table.add_websocket("/api/ws", connect, max_command_bytes);
}

}  // namespace kaiwa::api
