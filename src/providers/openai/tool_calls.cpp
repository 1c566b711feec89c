#include "providers/openai/tool_calls.hpp"

#include "providers/common/json_scanner.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace kaiwa::providers {

ToolCallJoiner::Call& ToolCallJoiner::call_for(ToolFragment const& fragment, std::size_t place) {
    auto const index = fragment.index.value_or(static_cast<std::int64_t>(place));
    // The newest call of an index is the one that goes on.
    for (auto& known : calls_ | std::views::reverse) {
        bool const same_id = !fragment.id.empty() && fragment.id == known.call.id;
        bool const goes_on = known.index == index && (fragment.id.empty() || known.call.id.empty());
        if (same_id || goes_on) return known;
    }
    auto& call = calls_.emplace_back();
    call.index = index;
    return call;
}

void ToolCallJoiner::add(ToolFragment fragment, std::size_t place) {
    bytes_ += fragment.id.size() + fragment.name.size() + fragment.arguments.size();
    if (too_large()) return;
    auto& known = call_for(fragment, place);
    if (known.call.id.empty()) known.call.id = std::move(fragment.id);
    if (known.call.name.empty()) known.call.name = std::move(fragment.name);
    if (fragment.arguments.empty()) return;
    auto& arguments = known.call.arguments;
    if (fragment.arguments.starts_with('{') && are_whole(arguments)) arguments.clear();
    known.last_fragment = arguments.size();
    arguments += fragment.arguments;
}

bool ToolCallJoiner::are_whole(std::string_view arguments) {
    auto const last = arguments.find_last_not_of(" \r\n\t");
    if (last == arguments.npos || arguments[last] != '}') return false;
    looked_at_ += arguments.size();
    return is_whole_json_object(arguments);
}

std::vector<llm::ToolCall> ToolCallJoiner::take(Ending ending) {
    std::vector<llm::ToolCall> whole;
    for (auto& known : std::exchange(calls_, {})) {
        auto& arguments = known.call.arguments;
        if (arguments.empty()) arguments = "{}";
        if (!is_whole_json_object(arguments)) {
            // Each fragment may have held all that came before it.
            auto const last = std::string_view(arguments).substr(known.last_fragment);
            if (is_whole_json_object(last)) {
                arguments = std::string(last);
            } else if (ending == Ending::cut) {
                continue;
            }
        }
        whole.push_back(std::move(known.call));
    }
    return whole;
}

}  // namespace kaiwa::providers
