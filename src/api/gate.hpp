#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <memory>

namespace kaiwa::api {

namespace asio = boost::asio;

/// Lets the tasks of one loop through one at a time, in the order they came. What waits in front of
/// it is the tasks themselves, so nothing piles up behind a slow reader.
class Gate {
public:
    explicit Gate(asio::any_io_executor loop) : loop_(std::move(loop)) {}

    /// Waits for its turn; false when the task was asked to stop instead. After true, `leave()`.
    asio::awaitable<bool> enter();
    void leave();
    [[nodiscard]] bool is_taken() const { return taken_; }

private:
    struct Waiter {
        explicit Waiter(asio::any_io_executor const& loop)
            : timer(loop, asio::steady_timer::time_point::max()) {}
        asio::steady_timer timer;
        bool admitted = false;
    };
    asio::any_io_executor loop_;
    bool taken_ = false;
    std::deque<std::shared_ptr<Waiter>> waiting_;
};

}  // namespace kaiwa::api
