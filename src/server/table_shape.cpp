#include "server/table_shape.hpp"

#include <fmt/format.h>

namespace kaiwa::server {
namespace {

json::object const* object_in(json::value const& value, std::string_view name) {
    auto const* object = value.if_object();
    auto const* member = object ? object->if_contains(name) : nullptr;
    return member ? member->if_object() : nullptr;
}

json::array const* list_in(json::object const& object, std::string_view name) {
    auto const* member = object.if_contains(name);
    return member ? member->if_array() : nullptr;
}

std::string text_in(json::value const& value, std::string_view name) {
    auto const* object = value.if_object();
    auto const* member = object ? object->if_contains(name) : nullptr;
    return member && member->is_string() ? std::string(member->get_string()) : std::string();
}

/// The table's key of `type`, "HASH" or "RANGE"; empty: it has none.
std::string key_of(json::object const& table, std::string_view type) {
    auto const* keys = list_in(table, "KeySchema");
    if (!keys) return {};
    for (auto const& key : *keys)
        if (text_in(key, "KeyType") == type) return text_in(key, "AttributeName");
    return {};
}

bool has_index(json::object const& table, std::string_view name) {
    auto const* indexes = list_in(table, "GlobalSecondaryIndexes");
    if (!indexes) return false;
    for (auto const& index : *indexes)
        if (text_in(index, "IndexName") == name) return true;
    return false;
}

std::string named(std::string_view hash, std::string_view range) {
    if (range.empty()) return fmt::format("the hash key {}", hash);
    return fmt::format("the keys {} and {}", hash, range);
}

}  // namespace

std::string misfit(json::value const& description, TableShape const& shape) {
    auto const* table = object_in(description, "Table");
    if (!table) return "the answer describes no table";
    auto const hash = key_of(*table, "HASH");
    auto const range = key_of(*table, "RANGE");
    if (hash != shape.hash || range != shape.range)
        return fmt::format("it has {}, where {} needed", named(hash, range),
                           named(shape.hash, shape.range) + (shape.range.empty() ? " is" : " are"));
    if (!shape.index.empty() && !has_index(*table, shape.index))
        return fmt::format("it lacks the global secondary index {}", shape.index);
    return {};
}

}  // namespace kaiwa::server
