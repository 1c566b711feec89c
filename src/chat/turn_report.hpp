#pragma once

#include "chat/types.hpp"
#include "llm/failure.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace kaiwa::chat {

/// A turn that ended, for logs and metrics: no word of what was said.
struct TurnReport {
    GenerationId generation;
    ThreadId thread;
    UserId who;
    std::string model;  ///< As it was asked for: any text.
    GenerationState state = GenerationState::done;
    std::string finish;                         ///< "stop", "length" or "filtered"; or empty.
    std::optional<llm::FailureClass> failure;   ///< Where the model could not answer.
    std::string failure_for_operator;           ///< What the asker was not told of it.
    std::optional<std::chrono::milliseconds> first_token;
    std::chrono::milliseconds total{};
    std::optional<llm::Usage> usage;
};

}  // namespace kaiwa::chat
