#pragma once

#include "base/spawn.hpp"

#include <functional>

namespace kaiwa::server {

/// What the operating system may ask of a running server.
struct SignalActions {
    std::function<void()> stop;      ///< SIGTERM, SIGINT or a closed terminal, the first time: end well.
    std::function<void()> stop_now;  ///< Again: end without waiting for running turns.
    std::function<void()> reload;    ///< SIGHUP, unless it says that our terminal was closed.
};

/// Ignores SIGPIPE for the whole process and calls the actions on the loop of this task, until it
/// is stopped.
asio::awaitable<void> watch_signals(SignalActions actions);

}  // namespace kaiwa::server
