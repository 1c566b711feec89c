#pragma once

#include "base/random.hpp"
#include "base/uuid.hpp"
#include "chat/chat_store.hpp"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace kaiwa::store::dynamodb {

/// What this process knows of the generations that it runs: until when their leases were renewed,
/// and the writes of segments that nobody answered. Such a write has arrived, or may yet, until a
/// later one of its generation has succeeded. Thread-safe.
class RunningLogs {
public:
    /// Tells a write of `segment` from all others; that of a segment noted before is the same.
    [[nodiscard]] std::string name_of(GenerationId id, chat::LogSegment const& segment,
                                      Random& random) const;
    /// Notes a write that was not answered. Each segment begins where the one before did, and has
    /// more.
    void note(GenerationId id, chat::LogSegment const& segment, std::string write);
    [[nodiscard]] bool has_unsettled(GenerationId id) const;
    /// Takes off the front of `segment` what `write`, the last one that arrived, brought.
    void drop_stored(GenerationId id, std::string_view write, chat::LogSegment& segment) const;
    /// No write that was noted can arrive any more.
    void settle(GenerationId id);

    /// A write that was begun at `at` renewed the lease, or may yet: with a later one before it, it
    /// took that back.
    void renewed(GenerationId id, Timestamp at);
    /// When the write began that the lease is from; the beginning of time where nobody knows.
    [[nodiscard]] Timestamp renewed_at(GenerationId id) const;

    /// It has ended, or somebody else runs it.
    void forget(GenerationId id);

private:
    struct Noted {
        std::uint64_t first = 0;
        std::uint64_t last = 0;
        std::size_t frames = 0;
        std::size_t text = 0;
        std::size_t reasoning = 0;
        std::string write;
    };
    struct Known {
        std::vector<Noted> unsettled;
        Timestamp renewed_at;
        std::chrono::steady_clock::time_point touched;
    };

    /// Its entry; now and then those go that were given up.
    Known& touch(GenerationId id);

    mutable std::mutex mutex_;
    std::unordered_map<GenerationId, Known> known_;
    std::chrono::steady_clock::time_point tidied_;
};

}  // namespace kaiwa::store::dynamodb
