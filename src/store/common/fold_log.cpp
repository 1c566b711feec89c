#include "base/json.hpp"
#include "chat/event_frame.hpp"
#include "chat/item_list.hpp"
#include "store/common/fold_log.hpp"

namespace kaiwa::store {
namespace {

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

}  // namespace

FoldedLog fold_log(std::vector<chat::LogSegment> const& segments) {
    FoldedLog out;
    chat::ItemList steps;
    chat::ItemList citations;
    for (auto const& segment : segments) {
        out.text += segment.text;
        out.reasoning += segment.reasoning;
        for (auto const& frame : chat::split_frames(segment.frames)) {
            // What is no object was never listed either.
            if (frame.type == "step") static_cast<void>(steps.put(frame.data));
            if (frame.type == "citation") static_cast<void>(citations.put(frame.data));
            if (frame.type == "usage") out.usage = parse_usage(frame.data);
        }
    }
    out.steps_json = steps.json();
    out.citations_json = citations.json();
    return out;
}

}  // namespace kaiwa::store
