#pragma once

#include "base/wait.hpp"

#include <functional>
#include <memory>

namespace kaiwa::http {

/// Calls a function once when a deadline passes. Made for a deadline that moves with every read:
/// moving it later is one store, and the timer finds out when it fires. Used on one loop.
class Watchdog {
public:
    Watchdog(asio::any_io_executor loop, std::function<void()> on_expiry);
    ~Watchdog();
    Watchdog(Watchdog const&) = delete;
    Watchdog& operator=(Watchdog const&) = delete;

    void set(SteadyTime deadline);
    [[nodiscard]] bool expired() const { return state_->expired; }

private:
    struct State {
        State(asio::any_io_executor loop, std::function<void()> f)
            : timer(std::move(loop)), on_expiry(std::move(f)) {}
        asio::steady_timer timer;
        std::function<void()> on_expiry;
        SteadyTime deadline = SteadyTime::max();
        SteadyTime armed = SteadyTime::max();  // when the timer fires
        bool expired = false;
    };
    static void arm(std::shared_ptr<State> state);

    std::shared_ptr<State> state_;
};

}  // namespace kaiwa::http
