#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace kaiwa::model_server {

/// Wakes connections at a millisecond: thousands of timers at a few ns each. A timer is never
/// cancelled; whoever is woken checks that the wake-up is still meant.
class TimerWheel {
public:
    struct Timer {
        std::uint64_t at_ms;
        std::uint32_t connection;
        std::uint32_t version;
    };

    explicit TimerWheel(std::uint64_t now_ms) : now_(now_ms) {}

    void add(Timer timer) {
        if (timer.at_ms <= now_) timer.at_ms = now_ + 1;
        slots_[timer.at_ms % slot_count].push_back(timer);
        ++size_;
    }

    /// Calls `wake(timer)` for what is due by `now_ms`.
    template <class Wake>
    void advance(std::uint64_t now_ms, Wake wake) {
        while (now_ < now_ms) {
            ++now_;
            auto& slot = slots_[now_ % slot_count];
            if (slot.empty()) continue;
            due_.clear();
            std::erase_if(slot, [this](Timer const& timer) {
                if (timer.at_ms > now_) return false;
                due_.push_back(timer);
                return true;
            });
            size_ -= due_.size();
            for (auto const& timer : due_) wake(timer);
        }
    }

    /// Milliseconds until the next filled slot, at most `most`.
    [[nodiscard]] int wait_ms(int most) const {
        if (size_ == 0) return most;
        for (int wait = 1; wait < most; ++wait) {
            if (!slots_[(now_ + static_cast<std::uint64_t>(wait)) % slot_count].empty())
                return wait;
        }
        return most;
    }

private:
    static constexpr std::size_t slot_count = 4096;
    std::array<std::vector<Timer>, slot_count> slots_;
    std::vector<Timer> due_;
    std::uint64_t now_;
    std::size_t size_ = 0;
};

}  // namespace kaiwa::model_server
