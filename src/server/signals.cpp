#include "server/signals.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>

namespace kaiwa::server {

asio::awaitable<void> watch_signals(SignalActions actions) {
    std::signal(SIGPIPE, SIG_IGN);
    asio::signal_set signals(co_await asio::this_coro::executor, SIGTERM, SIGINT, SIGHUP);
    bool stopping = false;
    for (;;) {
        auto const [error, number] =
            co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
        if (error) co_return;
        if (number == SIGHUP) {
            actions.reload();
        } else if (!stopping) {
            stopping = true;
            actions.stop();
        } else {
            actions.stop_now();
        }
    }
}

}  // namespace kaiwa::server
