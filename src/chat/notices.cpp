#include "chat/notices.hpp"

#include <algorithm>

namespace kaiwa::chat {

asio::awaitable<Result<std::vector<Notice>>> Notices::Subscription::next(SteadyTime deadline) {
    auto const loop = co_await asio::this_coro::executor;
    for (;;) {
        std::shared_ptr<Notifier::Waiter> waiter;
        {
            std::lock_guard const lock(mutex_);
            if (lost_) co_return fail(Errc::conflict, "some notices were lost: load the list again");
            if (!waiting_.empty()) co_return std::exchange(waiting_, {});
            waiter = changed_.prepare(loop);
        }
        if (co_await waiter->wait_until(deadline)) continue;
        if (co_await stop_requested()) co_return fail(Errc::cancelled, "stopped");
        co_return std::vector<Notice>{};
    }
}

std::shared_ptr<Notices::Subscription> Notices::subscribe(UserId owner) {
    auto subscription = std::make_shared<Subscription>();
    std::lock_guard const lock(mutex_);
    auto& all = subscriptions_[owner];
    std::erase_if(all, [](auto const& weak) { return weak.expired(); });
    all.push_back(subscription);
    return subscription;
}

bool Notices::has_subscribers(UserId owner) {
    std::lock_guard const lock(mutex_);
    auto const found = subscriptions_.find(owner);
    if (found == subscriptions_.end()) return false;
    std::erase_if(found->second, [](auto const& weak) { return weak.expired(); });
    if (!found->second.empty()) return true;
    subscriptions_.erase(found);
    return false;
}

void Notices::publish(UserId owner, Notice notice) {
    std::vector<std::shared_ptr<Subscription>> readers;
    {
        std::lock_guard const lock(mutex_);
        auto const found = subscriptions_.find(owner);
        if (found == subscriptions_.end()) return;
        for (auto const& weak : found->second)
            if (auto reader = weak.lock()) readers.push_back(std::move(reader));
    }
    for (auto const& reader : readers) {
        {
            std::lock_guard const lock(reader->mutex_);
            if (reader->waiting_.size() < Subscription::max_waiting) {
                reader->waiting_.push_back(notice);
            } else {
                reader->lost_ = true;
            }
        }
        reader->changed_.notify_all();
    }
}

}  // namespace kaiwa::chat
