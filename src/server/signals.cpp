#include "server/signals.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fcntl.h>
#include <unistd.h>

#include <csignal>

namespace kaiwa::server {
namespace {

bool has_terminal() {
    int const terminal = ::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal >= 0) ::close(terminal);
    return terminal >= 0;
}

}  // namespace

asio::awaitable<void> watch_signals(SignalActions actions) {
    std::signal(SIGPIPE, SIG_IGN);
    bool const began_at_a_terminal = has_terminal();
    asio::signal_set signals(co_await asio::this_coro::executor, SIGTERM, SIGINT, SIGHUP);
    bool stopping = false;
    for (;;) {
        auto const [error, number] =
            co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
        if (error) co_return;
        // A terminal that is closed hangs up, too: then somebody left, and nobody reconfigured.
        if (number == SIGHUP && !(began_at_a_terminal && !has_terminal())) {
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
