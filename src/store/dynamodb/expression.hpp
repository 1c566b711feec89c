#pragma once

#include "store/dynamodb/value.hpp"

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::store::dynamodb {

/// The names and values of one request's expressions. Every name and value goes in under an alias,
/// so reserved words, dots and hostile text are only data; what is not used is not declared.
///
///     Aliases a;
///     auto condition = a.name("epoch") + " = " + a.value(7);
///     a.add_to(request);
class Aliases {
public:
    /// "#n0": the attribute `name`; the same alias for the same name.
    std::string name(std::string_view name);
    /// "#n0.#n1": a member inside maps.
    std::string path(std::initializer_list<std::string_view> names);
    /// ":v0".
    std::string value(Value value);

    /// Adds ExpressionAttributeNames and ExpressionAttributeValues, where there are any.
    void add_to(json::object& request) const;

private:
    std::vector<std::string> names_;
    std::vector<Value> values_;
};

/// An UpdateExpression, clause by clause.
class Update {
public:
    explicit Update(Aliases& aliases) : aliases_(aliases) {}

    Update& set(std::string_view name, Value value);
    Update& set_path(std::initializer_list<std::string_view> names, Value value);
    /// The right side is an expression made of the same aliases.
    Update& set_to(std::string const& path, std::string const& expression);
    Update& remove(std::string_view name);
    Update& remove_path(std::initializer_list<std::string_view> names);
    Update& add(std::string_view name, Value value);
    Update& take_from_set(std::string_view name, Value set);

    [[nodiscard]] std::string text() const;

private:
    Aliases& aliases_;
    std::vector<std::string> sets_;
    std::vector<std::string> removes_;
    std::vector<std::string> adds_;
    std::vector<std::string> deletes_;
};

}  // namespace kaiwa::store::dynamodb
