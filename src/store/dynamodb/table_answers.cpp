#include "store/dynamodb/table_answers.hpp"

#include "aws/service_client.hpp"

#include <fmt/format.h>

namespace kaiwa::store::dynamodb {

Error unreadable(std::string_view operation) {
    return {
        Errc::unavailable, fmt::format("DynamoDB's answer to {} cannot be read", operation), {}};
}

json::object parse_body(aws::Failure const& failure) {
    auto parsed = aws::parse_answer(failure.body);
    return parsed && parsed->is_object() ? parsed->get_object() : json::object();
}

std::optional<Item> item_in(json::value const& holder) {
    auto const* object = holder.if_object();
    auto const* found = object ? object->if_contains("Item") : nullptr;
    if (!found || !found->is_object() || found->get_object().empty()) return std::nullopt;
    auto item = item_from_json(*found);
    return item ? std::optional(std::move(*item)) : std::nullopt;
}

Result<QueryPage> read_page(json::value const& answer, std::string_view operation) {
    auto const* object = answer.if_object();
    auto const* items = object ? object->if_contains("Items") : nullptr;
    if (!items || !items->is_array()) return std::unexpected(unreadable(operation));
    QueryPage page;
    for (auto const& each : items->get_array()) {
        auto item = item_from_json(each);
        if (!item) return std::unexpected(item.error());
        page.items.push_back(std::move(*item));
    }
    if (auto const* last = object->if_contains("LastEvaluatedKey")) {
        auto key = item_from_json(*last);
        if (!key) return std::unexpected(key.error());
        page.next = std::move(*key);
    }
    return page;
}

}  // namespace kaiwa::store::dynamodb
