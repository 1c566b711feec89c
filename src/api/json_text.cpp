#include "api/json_text.hpp"

#include "base/json.hpp"

#include <charconv>

namespace kaiwa::api {

std::string& JsonMembers::value_of(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    append_json_string(out_, name);
    out_ += ':';
    return out_;
}

JsonMembers& JsonMembers::text(std::string_view name, std::string_view value) {
    append_json_string(value_of(name), value);
    return *this;
}

JsonMembers& JsonMembers::text_or_null(std::string_view name,
                                       std::optional<std::string> const& value) {
    return value ? text(name, *value) : null(name);
}

JsonMembers& JsonMembers::real(std::string_view name, double value) {
    char digits[32];
    auto const end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    return raw(name, std::string_view(digits, end));
}

JsonMembers& JsonMembers::boolean(std::string_view name, bool value) {
    return raw(name, value ? "true" : "false");
}

JsonMembers& JsonMembers::raw(std::string_view name, std::string_view json) {
    value_of(name) += json;
    return *this;
}

}  // namespace kaiwa::api
