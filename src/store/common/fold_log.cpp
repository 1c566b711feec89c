#include "base/json.hpp"
#include "chat/event_frame.hpp"
#include "store/common/fold_log.hpp"

namespace kaiwa::store {
namespace {

using Steps = std::vector<std::pair<std::string, std::string>>;  // id, data

/// Puts `data` in the place of the step with the same id, or at the end.
void merge_step(Steps& steps, std::string_view data) {
    auto const value = parse_json(data);
    if (!value || !value->is_object()) return;
    auto const* id = value->get_object().if_contains("id");
    if (!id) return;
    auto key = json::serialize(*id);
    for (auto& [known, text] : steps) {
        if (known != key) continue;
        text = data;
        return;
    }
    steps.emplace_back(std::move(key), std::string(data));
}

std::optional<llm::Usage> parse_usage(std::string_view data) {
    auto const value = parse_json(data);
    if (!value || !value->is_object()) return std::nullopt;
    auto const count = [&](std::string_view name) -> std::optional<std::int64_t> {
        auto const* member = value->get_object().if_contains(name);
        if (!member || !member->is_int64()) return std::nullopt;
        return member->get_int64();
    };
    return llm::Usage{count("input_tokens").value_or(0), count("output_tokens").value_or(0),
                      count("cached_tokens"), count("reasoning_tokens")};
}

void append_item(std::string& list, std::string_view item) {
    if (!list.empty()) list += ',';
    list += item;
}

}  // namespace

FoldedLog fold_log(std::vector<chat::LogSegment> const& segments) {
    FoldedLog out;
    Steps steps;
    std::string citations;
    for (auto const& segment : segments) {
        out.text += segment.text;
        out.reasoning += segment.reasoning;
        for (auto const& frame : chat::split_frames(segment.frames)) {
            if (frame.type == "step") merge_step(steps, frame.data);
            if (frame.type == "citation") append_item(citations, frame.data);
            if (frame.type == "usage") out.usage = parse_usage(frame.data);
        }
    }
    std::string joined;
    for (auto const& [id, data] : steps) append_item(joined, data);
    out.steps_json = "[" + joined + "]";
    out.citations_json = "[" + citations + "]";
    return out;
}

}  // namespace kaiwa::store
