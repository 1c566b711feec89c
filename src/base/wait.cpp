#include "base/wait.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace kaiwa {

asio::awaitable<bool> sleep_for(std::chrono::steady_clock::duration time) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    auto const [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return !error;
}

asio::awaitable<bool> Notifier::Waiter::wait_until(SteadyTime deadline) {
    if (notified_) co_return true;
    timer_.expires_at(deadline);
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return notified_;
}

std::shared_ptr<Notifier::Waiter> Notifier::prepare(asio::any_io_executor loop) {
    auto waiter = std::make_shared<Waiter>(std::move(loop));
    std::lock_guard const lock(mutex_);
    // Waiters that gave up leave an empty entry behind; they are swept before they become many.
    if (waiters_.size() >= 16) std::erase_if(waiters_, [](auto const& w) { return w.expired(); });
    waiters_.push_back(waiter);
    return waiter;
}

void Notifier::notify_all() {
    std::vector<std::weak_ptr<Waiter>> woken;
    {
        std::lock_guard const lock(mutex_);
        woken.swap(waiters_);
    }
    for (auto& weak : woken) {
        auto waiter = weak.lock();
        if (!waiter) continue;
        // Posted, so that it runs on the waiter's loop and after a wait that is just beginning.
        auto loop = waiter->loop_;
        asio::post(loop, [waiter = std::move(waiter)] {
            waiter->notified_ = true;
            waiter->timer_.cancel();
        });
    }
}

}  // namespace kaiwa
