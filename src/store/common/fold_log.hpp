#pragma once

#include "chat/chat_store.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kaiwa::store {

/// What the stored events of an answer come to.
struct FoldedLog {
    std::string text;
    std::string reasoning;
    std::string steps_json = "[]";
    std::string citations_json = "[]";
    std::optional<llm::Usage> usage;
};
[[nodiscard]] FoldedLog fold_log(std::vector<chat::LogSegment> const& segments);

}  // namespace kaiwa::store
