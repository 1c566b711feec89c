#pragma once

#include "chat/turn_service.hpp"

#include <string>

namespace kaiwa::chat {

/// What a repeat of a request must have in common with the first one: `NewTurn::request_digest`.
[[nodiscard]] std::string digest_of(Question const& question);
[[nodiscard]] std::string digest_of(ReplyRequest const& request);

}  // namespace kaiwa::chat
