#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include <exception>
#include <functional>
#include <utility>

namespace kaiwa {

namespace asio = boost::asio;

namespace detail {
inline asio::awaitable<void> run_with_clean_up(asio::awaitable<void> task) {
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await std::move(task);
}
}  // namespace detail

/// Starts `task` on `loop`, an executor that runs one thing at a time (an event loop of one thread,
/// or a strand); the only way tasks are started in kaiwa.
///
/// A signal on `stop`, emitted on `loop`, ends the wait in progress with `operation_aborted` and
/// nothing else: `task` may keep awaiting to clean up, and every later wait of it works again.
/// Whoever is stopped checks `stop_requested()` in its loops. `on_end` runs on `loop` with the
/// exception that escaped `task`, or null; an escaped exception is a bug.
inline void spawn(asio::any_io_executor loop, asio::cancellation_slot stop,
                  asio::awaitable<void> task, std::function<void(std::exception_ptr)> on_end) {
    auto token = asio::bind_executor(loop, asio::bind_cancellation_slot(stop, std::move(on_end)));
    asio::co_spawn(loop, detail::run_with_clean_up(std::move(task)), std::move(token));
}

/// Whether this task was asked to stop.
inline asio::awaitable<bool> stop_requested() {
    auto const state = co_await asio::this_coro::cancellation_state;
    co_return state.cancelled() != asio::cancellation_type::none;
}

}  // namespace kaiwa
