#pragma once

#include "chat/live_turn.hpp"
#include "chat/store_reader.hpp"

#include <memory>

namespace kaiwa::chat {

/// Follows a turn that runs here. Has from the store what the log let go of before it was read
/// here, and the rest when the turn's runner lost it. Used on `loop`.
class LiveReader final : public EventReader {
public:
    LiveReader(std::shared_ptr<LiveTurn> turn, asio::any_io_executor loop, std::uint64_t after,
               StoreReader fallback);
    asio::awaitable<Result<void>> next(EventBatch& batch, SteadyTime deadline) override;
    bool next_now(EventBatch& batch) override;
    std::optional<asio::awaitable<bool>> arrival(SteadyTime deadline) override;

private:
    bool look(EventBatch& batch);
    void drop_seen(EventBatch& batch);
    asio::awaitable<Result<void>> next_stored(EventBatch& batch, SteadyTime deadline);

    std::shared_ptr<LiveTurn> turn_;
    TurnLog::Cursor cursor_;
    std::uint64_t after_;
    StoreReader fallback_;
    bool ended_ = false;
    bool abandoned_ = false;
    bool behind_ = false;  ///< What follows is in the store only.
};

}  // namespace kaiwa::chat
