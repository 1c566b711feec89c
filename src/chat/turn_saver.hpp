#pragma once

#include "base/log.hpp"
#include "chat/live_turn.hpp"
#include "chat/turn_service.hpp"

#include <memory>
#include <vector>

namespace kaiwa::chat {

/// Writes the logs of the turns of one loop behind them, keeps their leases and passes on stops that
/// were asked for elsewhere. Used on its loop only; runs while there are turns.
class TurnSaver : public std::enable_shared_from_this<TurnSaver> {
public:
    TurnSaver(ChatStore& store, TurnOptions const& options, Log& log, asio::any_io_executor loop);

    void add(std::shared_ptr<LiveTurn> turn);
    void remove(std::shared_ptr<LiveTurn> const& turn);
    /// Notes that `bytes` of frames were appended.
    void appended(LiveTurn& turn, std::size_t bytes);
    /// Waits until events after the last may be sent; false when the turn is being stopped.
    asio::awaitable<bool> wait_for_room(std::shared_ptr<LiveTurn> turn);
    /// Stores how the turn ended, with the unsaved rest of its log and the terminal event, trying
    /// again while the store is unavailable. Fails with `conflict` when the lease was lost.
    asio::awaitable<Result<void>> finish(std::shared_ptr<LiveTurn> turn, EventType terminal,
                                         std::string data, Ending ending);

private:
    asio::awaitable<void> tick_while_busy();
    asio::awaitable<void> save(std::shared_ptr<LiveTurn> turn);
    asio::awaitable<void> look(std::shared_ptr<LiveTurn> turn);
    asio::awaitable<void> wait_until_saved(std::shared_ptr<LiveTurn> turn);
    /// How old what is not saved may become before it is.
    [[nodiscard]] SteadyTime::duration age_to_save(SteadyTime now) const;
    void look_at(std::shared_ptr<LiveTurn> const& turn, SteadyTime now, SteadyTime::duration age);
    void saved(LiveTurn& turn, Result<LogAck> const& ack);
    void looked(LiveTurn& turn, Result<LogAck> const& ack);
    void take_in(LiveTurn& turn, Result<LogAck> const& ack);
    void warn_seldom(LiveTurn const& turn, Error const& why);
    void keep_ticking();
    void start_save(std::shared_ptr<LiveTurn> turn);
    void start_look(std::shared_ptr<LiveTurn> turn);

    ChatStore& store_;
    TurnOptions options_;
    Log& log_;
    asio::any_io_executor loop_;
    std::vector<std::shared_ptr<LiveTurn>> turns_;
    bool ticking_ = false;
    SteadyTime warned_at_{};  // of the last warning that a turn cannot be saved
};

}  // namespace kaiwa::chat
