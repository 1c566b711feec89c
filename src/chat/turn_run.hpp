#pragma once

#include "chat/live_turn.hpp"
#include "chat/turn_saver.hpp"
#include "chat/turn_service.hpp"

#include <memory>
#include <string>

namespace kaiwa::chat {

enum class TurnEnd {
    stored,  ///< The ending is durable and shown.
    lost,    ///< The lease was lost, or the store did not take the ending.
};

/// Runs one turn from its first event to its terminal one: the order of its steps is the life of a
/// turn.
asio::awaitable<TurnEnd> run_turn(std::shared_ptr<LiveTurn> turn, std::shared_ptr<TurnSaver> saver,
                               Responder& responder, TurnOptions const& options,
                               std::string new_title);

}  // namespace kaiwa::chat
