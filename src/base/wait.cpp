#include "base/wait.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace kaiwa {

asio::awaitable<bool> sleep_for(std::chrono::steady_clock::duration time) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    auto const [error] = co_await timer.async_wait(asio::as_tuple(asio::deferred));
    co_return !error;
}

asio::awaitable<bool> Notifier::Waiter::wait_until(SteadyTime deadline) {
    if (!notified_) {
        deadline_ = deadline;
        if (deadline < armed_) watch_deadline();
        auto begin = [this](auto resume) {
            auto stop = asio::get_associated_cancellation_slot(resume);
            resume_ = std::move(resume);
            if (!stop.is_connected()) return;
            stop.assign([weak = weak_from_this()](asio::cancellation_type) {
                auto const self = weak.lock();
                if (!self) return;
                // Not from here: the task that goes on takes this very function away.
                asio::post(self->loop_, [self] { self->end_wait(); });
            });
        };
        co_await asio::async_initiate<asio::deferred_t const, void()>(begin, asio::deferred);
    }
    co_return std::exchange(notified_, false);
}

void Notifier::Waiter::wake() {
    notified_ = true;
    end_wait();
}

void Notifier::Waiter::end_wait() {
    if (resume_) std::exchange(resume_, nullptr)();
}

void Notifier::Waiter::watch_deadline() {
    armed_ = deadline_;
    timer_.expires_at(armed_);  // ends the wait before, if any
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
        auto const self = weak.lock();
        if (error || !self) return;
        self->armed_ = SteadyTime::max();
        if (!self->resume_) return;
        if (std::chrono::steady_clock::now() < self->deadline_) return self->watch_deadline();
        self->end_wait();
    });
}

void Notifier::prepare(std::shared_ptr<Waiter> const& waiter) {
    waiter->notified_ = false;
    std::lock_guard const lock(mutex_);
    if (std::exchange(waiter->prepared_, true)) return;
    // Waiters that are gone leave an empty entry behind; they are swept before they become many.
    if (waiters_.size() >= 16) {
        auto const gone = [](auto const& w) { return w.expired(); };
        waiters_.erase(std::remove_if(waiters_.begin(), waiters_.end(), gone), waiters_.end());
    }
    waiters_.push_back(waiter);
}

std::shared_ptr<Notifier::Waiter> Notifier::prepare(asio::any_io_executor loop) {
    auto waiter = std::make_shared<Waiter>(std::move(loop));
    prepare(waiter);
    return waiter;
}

void Notifier::notify(asio::any_io_executor const* here) {
    boost::container::small_vector<std::shared_ptr<Waiter>, 2> woken;
    {
        std::lock_guard const lock(mutex_);
        for (auto const& weak : waiters_) {
            auto waiter = weak.lock();
            if (!waiter) continue;
            waiter->prepared_ = false;
            woken.push_back(std::move(waiter));
        }
        waiters_.clear();
    }
    for (auto& waiter : woken) {
        if (here != nullptr && waiter->loop_ == *here) {
            waiter->wake();
            continue;
        }
        // Posted, so that it runs on the waiter's loop and after a wait that is just beginning.
        auto const loop = waiter->loop_;
        asio::post(loop, [waiter = std::move(waiter)] { waiter->wake(); });
    }
}

}  // namespace kaiwa
