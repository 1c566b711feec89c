#pragma once

#include "chat/live_turn.hpp"
#include "kaiwa/error.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace kaiwa::chat {

/// The turns that run in this process, so many at most of one person. Thread-safe.
class LiveTurns {
public:
    explicit LiveTurns(std::size_t per_user) : per_user_(per_user) {}

    /// Makes room for one more turn of `turn`'s person, visible to followers from now on. Fails
    /// with `unavailable` (reason "draining") and `rate_limited`.
    Result<void> admit(std::shared_ptr<LiveTurn> const& turn);
    /// Takes it out, and lets go of its guard.
    void dismiss(LiveTurn& turn);
    /// Null when it does not run here.
    [[nodiscard]] std::shared_ptr<LiveTurn> find(GenerationId id) const;
    [[nodiscard]] std::size_t count() const;

    /// Stops each that `matches`, on its loop.
    void stop_where(auto const& matches, StopReason reason) {
        std::vector<std::shared_ptr<LiveTurn>> turns;
        {
            std::lock_guard const lock(mutex_);
            for (auto const& [id, turn] : live_)
                if (matches(*turn)) turns.push_back(turn);
        }
        for (auto& turn : turns) post_stop(std::move(turn), reason);
    }
    static void post_stop(std::shared_ptr<LiveTurn> turn, StopReason reason);

    /// Admits no more.
    void drain();
    [[nodiscard]] bool draining() const;
    asio::awaitable<void> wait_until_idle(std::chrono::milliseconds patience) const;

private:
    std::size_t const per_user_;
    mutable std::mutex mutex_;  // guards what follows
    std::unordered_map<GenerationId, std::shared_ptr<LiveTurn>> live_;
    std::unordered_map<UserId, std::size_t> running_of_;
    bool draining_ = false;
};

}  // namespace kaiwa::chat
