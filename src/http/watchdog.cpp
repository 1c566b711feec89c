#include "http/watchdog.hpp"

#include <utility>

namespace kaiwa::http {

Watchdog::Watchdog(asio::any_io_executor loop, std::function<void()> on_expiry)
    : state_(std::make_shared<State>(std::move(loop), std::move(on_expiry))) {}

Watchdog::~Watchdog() {
    state_->on_expiry = nullptr;
    state_->timer.cancel();
}

void Watchdog::set(SteadyTime deadline) {
    state_->deadline = deadline;
    if (!state_->expired && deadline < state_->armed) arm(state_);
}

void Watchdog::arm(std::shared_ptr<State> state) {
    state->armed = state->deadline;
    state->timer.expires_at(state->armed);  // ends the wait before, if any
    auto& timer = state->timer;
    timer.async_wait([state = std::move(state)](boost::system::error_code error) {
        if (error || !state->on_expiry) return;
        if (std::chrono::steady_clock::now() < state->deadline) return arm(state);
        state->expired = true;
        state->on_expiry();
    });
}

}  // namespace kaiwa::http
