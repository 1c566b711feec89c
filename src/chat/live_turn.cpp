#include "chat/live_turn.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace kaiwa::chat {

void merge_by_id(std::string& list, std::string_view data) {
    namespace json = boost::json;
    auto items = json::parse(list).as_array();
    auto item = json::parse(data);
    auto const* id = item.is_object() ? item.as_object().if_contains("id") : nullptr;
    auto const same = [&](json::value const& other) {
        return id != nullptr && other.is_object() && other.as_object().contains("id") &&
               other.as_object().at("id") == *id;
    };
    auto const found = std::ranges::find_if(items, same);
    if (found != items.end()) {
        *found = std::move(item);
    } else {
        items.push_back(std::move(item));
    }
    list = json::serialize(items);
}

}  // namespace kaiwa::chat
