#include "chat/live_turns.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <utility>

namespace kaiwa::chat {

using namespace std::chrono_literals;

Result<void> LiveTurns::admit(std::shared_ptr<LiveTurn> const& turn) {
    std::lock_guard const lock(mutex_);
    if (draining_)
        return fail(Errc::unavailable, "the server is shutting down; try again", "draining");
    auto& count = running_of_[turn->turn.who.id];
    if (count >= per_user_)
        return fail(Errc::rate_limited,
                    fmt::format("{} of your answers {} already being written; wait for one to end",
                                count, count == 1 ? "is" : "are"));
    ++count;
    live_.emplace(turn->generation, turn);
    return {};
}

void LiveTurns::dismiss(LiveTurn& turn) {
    auto const guard = std::move(turn.guard);  // readers may keep the turn for long
    std::lock_guard const lock(mutex_);
    if (live_.erase(turn.generation) == 0) return;
    auto const found = running_of_.find(turn.turn.who.id);
    if (--found->second == 0) running_of_.erase(found);
}

std::shared_ptr<LiveTurn> LiveTurns::find(GenerationId id) const {
    std::lock_guard const lock(mutex_);
    auto const found = live_.find(id);
    return found == live_.end() ? nullptr : found->second;
}

std::size_t LiveTurns::count() const {
    std::lock_guard const lock(mutex_);
    return live_.size();
}

void LiveTurns::post_stop(std::shared_ptr<LiveTurn> turn, StopReason reason) {
    auto const loop = turn->loop;
    asio::post(loop, [turn = std::move(turn), reason] { turn->stop(reason); });
}

void LiveTurns::drain() {
    std::lock_guard const lock(mutex_);
    draining_ = true;
}

bool LiveTurns::draining() const {
    std::lock_guard const lock(mutex_);
    return draining_;
}

asio::awaitable<void> LiveTurns::wait_until_idle(std::chrono::milliseconds patience) const {
    auto const until = std::chrono::steady_clock::now() + patience;
    while (count() > 0) {
        bool const out_of_time = std::chrono::steady_clock::now() >= until;
        if (out_of_time || !co_await sleep_for(10ms)) co_return;
    }
}

}  // namespace kaiwa::chat
