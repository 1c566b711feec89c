#pragma once

#include <string>
#include <string_view>

namespace kaiwa::chat {

/// The step that keeps an `llm::Replay` with the answer that it came with: readers pass it over,
/// and stores keep it like any step. docs/decisions/0009-replay-is-a-step.md says why.
[[nodiscard]] std::string replay_step(std::string_view model, std::string_view payload);

/// The payload in the steps of an answer, when `model` wrote it; else empty.
[[nodiscard]] std::string replay_in(std::string_view steps_json, std::string_view model);

}  // namespace kaiwa::chat
