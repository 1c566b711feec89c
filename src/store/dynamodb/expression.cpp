#include "store/dynamodb/expression.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace kaiwa::store::dynamodb {

std::string Aliases::name(std::string_view name) {
    auto const known = std::ranges::find(names_, name);
    auto const number = known - names_.begin();
    if (known == names_.end()) names_.emplace_back(name);
    return fmt::format("#n{}", number);
}

std::string Aliases::path(std::initializer_list<std::string_view> names) {
    std::string out;
    for (auto const part : names) {
        if (!out.empty()) out += '.';
        out += name(part);
    }
    return out;
}

std::string Aliases::value(Value value) {
    values_.push_back(std::move(value));
    return fmt::format(":v{}", values_.size() - 1);
}

void Aliases::add_to(json::object& request) const {
    json::object names;
    for (std::size_t i = 0; i < names_.size(); ++i) names.emplace(fmt::format("#n{}", i), names_[i]);
    json::object values;
    for (std::size_t i = 0; i < values_.size(); ++i)
        values.emplace(fmt::format(":v{}", i), values_[i].to_json());
    if (!names.empty()) request["ExpressionAttributeNames"] = std::move(names);
    if (!values.empty()) request["ExpressionAttributeValues"] = std::move(values);
}

Update& Update::set(std::string_view name, Value value) {
    return set_path({name}, std::move(value));
}

Update& Update::set_path(std::initializer_list<std::string_view> names, Value value) {
    auto const path = aliases_.path(names);
    return set_to(path, aliases_.value(std::move(value)));
}

Update& Update::set_to(std::string const& path, std::string const& expression) {
    sets_.push_back(path + " = " + expression);
    return *this;
}

Update& Update::remove(std::string_view name) {
    return remove_path({name});
}

Update& Update::remove_path(std::initializer_list<std::string_view> names) {
    removes_.push_back(aliases_.path(names));
    return *this;
}

Update& Update::add(std::string_view name, Value value) {
    auto const alias = aliases_.name(name);
    adds_.push_back(alias + " " + aliases_.value(std::move(value)));
    return *this;
}

Update& Update::take_from_set(std::string_view name, Value set) {
    auto const alias = aliases_.name(name);
    deletes_.push_back(alias + " " + aliases_.value(std::move(set)));
    return *this;
}

std::string Update::text() const {
    std::string out;
    auto const clause = [&](std::string_view word, std::vector<std::string> const& parts) {
        if (parts.empty()) return;
        if (!out.empty()) out += ' ';
        out += fmt::format("{} {}", word, fmt::join(parts, ", "));
    };
    clause("SET", sets_);
    clause("REMOVE", removes_);
    clause("ADD", adds_);
    clause("DELETE", deletes_);
    return out;
}

}  // namespace kaiwa::store::dynamodb
