#pragma once

#include "base/clock.hpp"

#include <atomic>

namespace kaiwa::test {

/// A clock that moves when it is told to.
class ManualClock final : public Clock {
public:
    [[nodiscard]] Timestamp now() const override {
        return Timestamp(std::chrono::milliseconds(now_));
    }
    void advance(std::chrono::milliseconds by) { now_ += by.count(); }

private:
    std::atomic<std::int64_t> now_ = 1'800'000'000'000;
};

}  // namespace kaiwa::test
