#pragma once

#include "llm/chat_model.hpp"
#include "providers/common/failures.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace kaiwa::providers {

/// What one Anthropic model turned out to refuse.
struct AnthropicHabits {
    bool no_temperature = false;
    bool no_top_p = false;
    std::optional<std::int64_t> most_tokens;  ///< The longest answer it can write.

    bool operator==(AnthropicHabits const&) const = default;
};

/// The body of a streamed Messages request. The API demands a limit: without one of the user's it
/// is 8192 tokens, or what the model can write.
[[nodiscard]] std::string messages_body(llm::CompletionRequest const& request,
                                        AnthropicHabits const& habits);

/// What `error`, the answer to a request with `habits`, teaches about the model.
[[nodiscard]] AnthropicHabits habits_after(AnthropicHabits habits,
                                           llm::CompletionRequest const& request,
                                           VendorError const& error);

}  // namespace kaiwa::providers
