#include "chat/item_list.hpp"

#include <boost/json.hpp>
#include <boost/system/error_code.hpp>

namespace kaiwa::chat {

namespace json = boost::json;

bool ItemList::put(std::string_view data) {
    boost::system::error_code error;
    auto const value = json::parse(data, error);
    if (error || !value.is_object()) return false;
    auto const* id = value.get_object().if_contains("id");
    if (id) {
        auto const [known, is_new] = places_.try_emplace(json::serialize(*id), items_.size());
        if (!is_new) {
            items_[known->second] = data;
            return true;
        }
    }
    items_.emplace_back(data);
    return true;
}

std::string ItemList::json() const {
    std::string out = "[";
    for (auto const& item : items_) {
        if (out.size() > 1) out += ',';
        out += item;
    }
    out += ']';
    return out;
}

}  // namespace kaiwa::chat
