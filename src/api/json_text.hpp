#pragma once

#include "base/clock.hpp"
#include "base/uuid.hpp"

#include <concepts>
#include <optional>
#include <string>
#include <string_view>

namespace kaiwa::api {

/// Appends members of a JSON object, commas included; whoever uses it writes the braces. Text is
/// well-formed UTF-8. Writes straight into the answer: nothing is built first.
class JsonMembers {
public:
    explicit JsonMembers(std::string& out) : out_(out) {}

    JsonMembers& text(std::string_view name, std::string_view value);
    JsonMembers& text_or_null(std::string_view name, std::optional<std::string> const& value);
    template <std::integral T>
    JsonMembers& number(std::string_view name, T value) {
        return raw(name, std::to_string(value));
    }
    JsonMembers& real(std::string_view name, double value);
    JsonMembers& boolean(std::string_view name, bool value);
    JsonMembers& null(std::string_view name) { return raw(name, "null"); }
    JsonMembers& time(std::string_view name, Timestamp value) {
        return text(name, to_rfc3339(value));
    }
    template <class Tag>
    JsonMembers& id(std::string_view name, Id<Tag> const& value) {
        return text(name, value.text());
    }
    template <class Tag>
    JsonMembers& id_or_null(std::string_view name, std::optional<Id<Tag>> const& value) {
        return value ? id(name, *value) : null(name);
    }
    /// `json` is JSON already.
    JsonMembers& raw(std::string_view name, std::string_view json);
    /// Writes the name; the caller appends one value to what is returned.
    std::string& value_of(std::string_view name);

private:
    std::string& out_;
    bool first_ = true;
};

/// Appends `items` as a JSON array, each written by `append(out, item)`.
template <class Items, class Append>
void append_array(std::string& out, Items const& items, Append append) {
    out += '[';
    bool first = true;
    for (auto const& item : items) {
        if (!first) out += ',';
        first = false;
        append(out, item);
    }
    out += ']';
}

/// `{"items":[…],"next":…}`
template <class Items, class Append>
[[nodiscard]] std::string list_json(Items const& items, std::optional<std::string> const& next,
                                    Append append) {
    std::string out = "{";
    JsonMembers members(out);
    append_array(members.value_of("items"), items, append);
    members.text_or_null("next", next);
    out += '}';
    return out;
}

}  // namespace kaiwa::api
