#include "chat/thinking.hpp"

#include "base/json.hpp"
#include "chat/types.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kaiwa::chat {
namespace {

constexpr std::string_view step_name = "reasoning";

bool has(json::object const& object, std::string_view name, std::string_view value) {
    auto const* member = object.if_contains(name);
    return member && member->is_string() && member->get_string() == value;
}

}  // namespace

std::optional<std::string> Thinking::end(SteadyTime now) {
    if (!begun_) return std::nullopt;
    before_ += now - *begun_;
    begun_.reset();
    auto const passed = std::chrono::duration_cast<std::chrono::milliseconds>(before_);
    return fmt::format(
        R"({{"id":"{0}","kind":"model","name":"{0}","state":"done","detail":{{"ms":{1}}}}})",
        step_name, passed.count());
}

bool only_thinking(std::string_view steps_json) {
    if (steps_json == no_steps) return true;
    auto const steps = parse_json(steps_json);
    auto const* items = steps ? steps->if_array() : nullptr;
    if (items == nullptr) return false;
    return std::ranges::all_of(*items, [](json::value const& item) {
        auto const* step = item.if_object();
        // Tools are named by models: the kind says that this is none.
        return step && has(*step, "kind", "model") && has(*step, "name", step_name);
    });
}

}  // namespace kaiwa::chat
