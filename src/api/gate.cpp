#include "api/gate.hpp"

#include "base/spawn.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace kaiwa::api {

asio::awaitable<bool> Gate::enter() {
    if (!taken_) {
        taken_ = true;
        co_return true;
    }
    auto const waiter = std::make_shared<Waiter>(loop_);
    waiting_.push_back(waiter);
    co_await waiter->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (waiter->admitted) co_return true;
    std::erase(waiting_, waiter);
    co_return false;
}

void Gate::leave() {
    if (waiting_.empty()) {
        taken_ = false;
        return;
    }
    // It stays taken: the next one has it already.
    auto const next = std::move(waiting_.front());
    waiting_.pop_front();
    next->admitted = true;
    next->timer.cancel();
}

}  // namespace kaiwa::api
