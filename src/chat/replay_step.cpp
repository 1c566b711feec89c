#include "chat/replay_step.hpp"

#include "base/json.hpp"

namespace kaiwa::chat {
namespace {

constexpr std::string_view step_name = "replay";

std::string_view text_of(json::object const& object, std::string_view name) {
    auto const* value = object.if_contains(name);
    return value && value->is_string() ? std::string_view(value->get_string())
                                       : std::string_view();
}

}  // namespace

std::string replay_step(std::string_view model, std::string_view payload) {
    std::string out = R"({"id":"replay","kind":"model","name":"replay","state":"done","detail":)";
    out += R"({"model":)";
    append_json_string(out, model);
    out += R"(,"payload":)";
    append_json_string(out, payload);
    out += "}}";
    return out;
}

std::string replay_in(std::string_view steps_json, std::string_view model) {
    if (!steps_json.contains(R"("replay")")) return {};
    auto const steps = parse_json(steps_json);
    auto const* items = steps ? steps->if_array() : nullptr;
    if (items == nullptr) return {};
    for (auto const& item : *items) {
        auto const* step = item.if_object();
        // Tools are named by models: the kind says that this is none.
        if (!step || text_of(*step, "kind") != "model" || text_of(*step, "name") != step_name)
            continue;
        auto const* member = step->if_contains("detail");
        auto const* detail = member ? member->if_object() : nullptr;
        if (detail && text_of(*detail, "model") == model)
            return std::string(text_of(*detail, "payload"));
    }
    return {};
}

}  // namespace kaiwa::chat
