#pragma once

#include "base/spawn.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/container/small_vector.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>

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
///     auto waiter = std::make_shared<Notifier::Waiter>(loop);
///     std::unique_lock lock(mutex_);
///     while (!ready_) {
///         changed_.prepare(waiter);
///         lock.unlock();
///         if (!co_await waiter->wait_until(deadline)) co_return timed_out_or_stopped;
///         lock.lock();
///     }
class Notifier {
public:
    /// One task's place to wait; used again for each of its waits. It may be woken once more than
    /// it was notified: whoever waits looks again.
    class Waiter : public std::enable_shared_from_this<Waiter> {
    public:
        explicit Waiter(asio::any_io_executor loop) : loop_(loop), timer_(std::move(loop)) {}
        /// True when notified; false at the deadline or when the task was asked to stop.
        asio::awaitable<bool> wait_until(SteadyTime deadline);

    private:
        friend class Notifier;
        void wake();
        void end_wait();
        void watch_deadline();

        asio::any_io_executor loop_;
        // The rest is touched on loop_ only, but for the last one. The timer runs on from wait to
        // wait: a deadline that moves later, as it does with every event, costs nothing.
        asio::steady_timer timer_;
        SteadyTime deadline_ = SteadyTime::max();
        SteadyTime armed_ = SteadyTime::max();  // when the timer fires
        std::move_only_function<void()> resume_;  // the task that waits
        bool notified_ = false;
        bool prepared_ = false;  // in waiters_; guarded by the notifier's mutex
    };

    void prepare(std::shared_ptr<Waiter> const& waiter);
    [[nodiscard]] std::shared_ptr<Waiter> prepare(asio::any_io_executor loop);

    /// Wakes the waiters; they go on later, each on its loop.
    void notify_all() { notify(nullptr); }
    /// Called on `loop`: those that wait there go on before it returns. For where nothing is half
    /// done that they could see, and no lock is held.
    void notify_all_from(asio::any_io_executor const& loop) { notify(&loop); }

private:
    using Waiters = boost::container::small_vector<std::weak_ptr<Waiter>, 2>;
    void notify(asio::any_io_executor const* here);

    std::mutex mutex_;
    Waiters waiters_;
};

}  // namespace kaiwa
