#pragma once

#include "base/spawn.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

namespace kaiwa {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Sleeps; false when the task was asked to stop meanwhile.
asio::awaitable<bool> sleep_for(std::chrono::steady_clock::duration time);

/// Wakes tasks that wait for something to change, on whatever loop each of them runs. Thread-safe.
///
/// The waker changes the state under a lock of the caller's and then calls `notify_all()`; a waiter
/// checks the state under the same lock and calls `prepare()` before it lets the lock go, so no
/// change is missed:
///
///     std::unique_lock lock(mutex_);
///     while (!ready_) {
///         auto waiter = changed_.prepare(loop);
///         lock.unlock();
///         if (!co_await waiter->wait_until(deadline)) co_return timed_out_or_stopped;
///         lock.lock();
///     }
class Notifier {
public:
    class Waiter {
    public:
        explicit Waiter(asio::any_io_executor loop) : loop_(loop), timer_(loop) {}
        /// True when notified; false at the deadline or when the task was asked to stop.
        asio::awaitable<bool> wait_until(SteadyTime deadline);

    private:
        friend class Notifier;
        asio::any_io_executor loop_;
        asio::steady_timer timer_;
        bool notified_ = false;  // touched on loop_ only
    };

    [[nodiscard]] std::shared_ptr<Waiter> prepare(asio::any_io_executor loop);
    void notify_all();

private:
    std::mutex mutex_;
    std::vector<std::weak_ptr<Waiter>> waiters_;
};

}  // namespace kaiwa
