#pragma once

#include "chat/chat_store.hpp"
#include "chat/event_reader.hpp"

#include <algorithm>
#include <atomic>
#include <memory>

namespace kaiwa::chat {

/// Reads events from the store: of generations that ended, or that another process runs (looked at
/// every 300 ms). Notices an expired lease and has it declared interrupted. Once `leaving` is set
/// nobody waits here any more.
class StoreReader final : public EventReader {
public:
    StoreReader(ChatStore& store, Clock const& clock, Principal who, GenerationId id,
                std::uint64_t after, std::atomic<bool> const& leaving);
    asio::awaitable<Result<void>> next(EventBatch& batch, SteadyTime deadline) override;
    /// Events up to `number` were read elsewhere.
    void skip_to(std::uint64_t number) { after_ = std::max(after_, number); }
    /// Puts what is stored into the empty `batch`, without waiting for more and whatever the lease:
    /// for a generation that this process runs.
    asio::awaitable<Result<void>> catch_up(EventBatch& batch);
    /// The number of the last event that was read.
    [[nodiscard]] std::uint64_t read_to() const { return after_; }

private:
    asio::awaitable<Result<void>> look(EventBatch& batch);
    void take(LogPage const& page, EventBatch& batch);

    ChatStore& store_;
    Clock const& clock_;
    Principal who_;
    GenerationId id_;
    std::uint64_t after_;
    std::atomic<bool> const& leaving_;
    bool ended_ = false;
};

}  // namespace kaiwa::chat
