#pragma once

#include <atomic>
#include <cstddef>

namespace kaiwa::http {

/// Bytes of request bodies that are held whole, over all connections of a server. Thread-safe.
class BodyBudget {
public:
    explicit BodyBudget(std::size_t most) : most_(most) {}

    /// False, and nothing is taken, when it would be too much.
    bool take(std::size_t bytes) {
        auto const held = held_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
        if (held <= most_) return true;
        give_back(bytes);
        return false;
    }
    void give_back(std::size_t bytes) { held_.fetch_sub(bytes, std::memory_order_relaxed); }

private:
    std::size_t const most_;
    std::atomic<std::size_t> held_ = 0;
};

}  // namespace kaiwa::http
