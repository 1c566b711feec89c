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

/// The entry of a list whose member `name` is `text`; null: there is none.
json::value entry_of(json::object const& of, std::string_view list, std::string_view name,
                     std::string_view text) {
    auto const* entries = list_in(of, list);
    if (!entries) return nullptr;
    for (auto const& entry : *entries)
        if (text_in(entry, name) == text) return entry;
    return nullptr;
}

/// The table's key of `type`, "HASH" or "RANGE"; empty: it has none.
std::string key_of(json::object const& table, std::string_view type) {
    return text_in(entry_of(table, "KeySchema", "KeyType", type), "AttributeName");
}

/// The letter of the key's type; empty: the table does not say.
std::string type_of(json::object const& table, std::string_view key) {
    auto const attribute = entry_of(table, "AttributeDefinitions", "AttributeName", key);
    return text_in(attribute, "AttributeType");
}

std::string named(std::string_view hash, std::string_view range) {
    if (range.empty()) return fmt::format("the hash key {}", hash);
    return fmt::format("the keys {} and {}", hash, range);
}

/// Why the keys of a table, or of its index, are not these; empty: they are.
std::string wrong_keys(json::object const& keyed, std::string_view hash, std::string_view range) {
    auto const its_hash = key_of(keyed, "HASH");
    auto const its_range = key_of(keyed, "RANGE");
    if (its_hash == hash && its_range == range) return {};
    return fmt::format("has {}, where {} needed", named(its_hash, its_range),
                       named(hash, range) + (range.empty() ? " is" : " are"));
}

}  // namespace

std::string misfit(json::value const& description, TableShape const& shape) {
    auto const* table = object_in(description, "Table");
    if (!table) return "the answer describes no table";
    if (auto wrong = wrong_keys(*table, shape.hash, shape.range); !wrong.empty())
        return "it " + wrong;
    auto const& [index, index_hash, index_range] = shape.index;
    if (!index.empty()) {
        auto const entry = entry_of(*table, "GlobalSecondaryIndexes", "IndexName", index);
        auto const* found = entry.if_object();
        if (!found) return fmt::format("it lacks the global secondary index {}", index);
        if (auto wrong = wrong_keys(*found, index_hash, index_range); !wrong.empty())
            return fmt::format("its index {} {}", index, wrong);
    }
    for (auto const key : {shape.hash, shape.range, index_hash, index_range}) {
        auto const type = type_of(*table, key);
        if (!key.empty() && !type.empty() && type != "S")
            return fmt::format("its key {} is of type {}, where S is needed", key, type);
    }
    return {};
}

}  // namespace kaiwa::server
