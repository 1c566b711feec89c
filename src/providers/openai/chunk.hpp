#pragma once

#include "llm/chat_model.hpp"
#include "providers/openai/tool_calls.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::providers {

/// What one `chat.completion.chunk`, or a whole `chat.completion`, says. Kept between chunks so
/// that its strings keep their memory.
struct Chunk {
    std::string text;
    std::string reasoning;
    std::string finish;      ///< Empty: not yet.
    bool refused = false;    ///< The text is a refusal.
    std::string_view error;  ///< The error object as written; empty: none.
    /// The last string as written that gave `text` or `reasoning` something; empty: none did.
    std::string_view literal;
    std::vector<ToolFragment> tools;
    std::optional<llm::Usage> usage;

    void clear();
    /// Whether it says nothing but new words of one kind: text or reasoning.
    [[nodiscard]] bool has_words_alone() const;
};

/// Reads `json` into `chunk`. False when it is no JSON object.
bool read_chunk(std::string_view json, Chunk& chunk);

}  // namespace kaiwa::providers
