#include "base/json.hpp"

#include "base/word_bytes.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/system/error_code.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace kaiwa {
namespace {

/// Cuts and escapes a name that a client chose, so that an error stays one readable line.
std::string shown(std::string_view name) {
    std::string out;
    append_json_string(out, name.substr(0, 64));
    return out;
}

/// Counts the members that a text writes. What it reads is valid JSON of a bounded depth.
struct MemberCounter {
    static constexpr auto max_object_size = static_cast<std::size_t>(-1);
    static constexpr auto max_array_size = static_cast<std::size_t>(-1);
    static constexpr auto max_key_size = static_cast<std::size_t>(-1);
    static constexpr auto max_string_size = static_cast<std::size_t>(-1);
    using Code = boost::system::error_code;

    std::size_t members = 0;

    bool on_object_end(std::size_t count, Code&) {
        members += count;
        return true;
    }
    bool on_document_begin(Code&) { return true; }
    bool on_document_end(Code&) { return true; }
    bool on_object_begin(Code&) { return true; }
    bool on_array_begin(Code&) { return true; }
    bool on_array_end(std::size_t, Code&) { return true; }
    bool on_key_part(json::string_view, std::size_t, Code&) { return true; }
    bool on_key(json::string_view, std::size_t, Code&) { return true; }
    bool on_string_part(json::string_view, std::size_t, Code&) { return true; }
    bool on_string(json::string_view, std::size_t, Code&) { return true; }
    bool on_number_part(json::string_view, Code&) { return true; }
    bool on_int64(std::int64_t, json::string_view, Code&) { return true; }
    bool on_uint64(std::uint64_t, json::string_view, Code&) { return true; }
    bool on_double(double, json::string_view, Code&) { return true; }
    bool on_bool(bool, Code&) { return true; }
    bool on_null(Code&) { return true; }
    bool on_comment_part(json::string_view, Code&) { return true; }
    bool on_comment(json::string_view, Code&) { return true; }
};

std::size_t members_written(std::string_view text, json::parse_options const& options) {
    json::basic_parser<MemberCounter> parser(options);
    boost::system::error_code error;
    parser.write_some(false, text.data(), text.size(), error);
    return parser.handler().members;
}

/// As deep as `parse_json()` lets a value be.
std::size_t members_kept(json::value const& value) {
    std::size_t count = 0;
    if (auto const* array = value.if_array()) {
        for (auto const& element : *array) count += members_kept(element);
    } else if (auto const* object = value.if_object()) {
        count = object->size();
        for (auto const& member : *object) count += members_kept(member.value());
    }
    return count;
}

/// Whether every number is one: a literal beyond a double is read as infinity, which cannot be
/// written as JSON again. As deep as `parse_json()` lets a value be.
bool is_finite(json::value const& value) {
    if (auto const* number = value.if_double()) return std::isfinite(*number);
    if (auto const* array = value.if_array()) return std::ranges::all_of(*array, is_finite);
    auto const* const object = value.if_object();
    return !object ||
           std::ranges::all_of(*object, [](auto const& member) { return is_finite(member.value()); });
}

/// The first character in [at, end) that stands in a JSON string only as an escape, or `end`.
char const* find_escaped(char const* at, char const* end) {
    return find_marked(
        at, end,
        [](std::uint64_t word) {
            return mark_byte(word, '"') | mark_byte(word, '\\') | mark_below(word, ' ');
        },
        [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < ' '; });
}

}  // namespace

Result<json::value> parse_json(std::string_view text) {
    boost::system::error_code error;
    json::parse_options options;
    options.max_depth = 32;
    auto value = json::parse(text, error, {}, options);
    if (error) return fail(Errc::invalid_argument, "the body is not valid JSON: " + error.message());
    if (!is_finite(value)) {
        return fail(Errc::invalid_argument, "the body is not valid JSON: a number is out of range");
    }
    // The library keeps the last of two; who signed or checked the body may have read the first.
    if (members_written(text, options) != members_kept(value)) {
        return fail(Errc::invalid_argument, "the body names a member twice in one object");
    }
    return value;
}

void append_json_string(std::string& out, std::string_view text) {
    static constexpr char digits[] = "0123456789abcdef";
    auto const* at = text.data();
    auto const* const end = at + text.size();
    out.push_back('"');
    for (;;) {
        auto const* const plain = std::exchange(at, find_escaped(at, end));
        out.append(plain, static_cast<std::size_t>(at - plain));
        if (at == end) break;
        switch (auto const c = static_cast<unsigned char>(*at++)) {
            case '"': out.append("\\\""); break;
            case '\\': out.append("\\\\"); break;
            case '\n': out.append("\\n"); break;
            case '\r': out.append("\\r"); break;
            case '\t': out.append("\\t"); break;
            default:
                out.append("\\u00");
                out.push_back(digits[c >> 4]);
                out.push_back(digits[c & 15]);
        }
    }
    out.push_back('"');
}

JsonFields::JsonFields(json::value const& value, std::string_view what) : what_(what) {
    object_ = value.if_object();
    if (object_ == nullptr)
        problem_ = Error{Errc::invalid_argument, fmt::format("{} must be a JSON object", what), {}};
}

json::value const* JsonFields::take(std::string_view name) {
    asked_.push_back(name);
    return object_ == nullptr ? nullptr : object_->if_contains(name);
}

void JsonFields::expect(std::string_view name, std::string_view expected) {
    if (problem_) return;
    problem_ = Error{Errc::invalid_argument,
                     fmt::format("\"{}\" in {}: expected {}", name, what_, expected), {}};
}

bool JsonFields::has(std::string_view name) { return take(name) != nullptr; }

bool JsonFields::is_null(std::string_view name) {
    auto const* value = take(name);
    return value != nullptr && value->is_null();
}

std::optional<std::string> JsonFields::optional_string(std::string_view name, Text limits) {
    auto const* value = take(name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    auto const* text = value->if_string();
    if (text == nullptr) {
        expect(name, "text");
    } else if (text->size() < limits.min_bytes) {
        expect(name, limits.min_bytes == 1 ? "text that is not empty"
                                           : fmt::format("at least {} bytes", limits.min_bytes));
    } else if (text->size() > limits.max_bytes) {
        expect(name, fmt::format("at most {} bytes", limits.max_bytes));
    } else if (std::string_view(*text).contains('\0')) {
        expect(name, "text without U+0000");
    } else {
        return std::string(*text);
    }
    return std::nullopt;
}

std::string JsonFields::string(std::string_view name, Text limits) {
    auto const* value = take(name);
    if (value == nullptr || value->is_null()) {
        expect(name, "text; it is missing");
        return {};
    }
    return optional_string(name, limits).value_or("");
}

std::optional<double> JsonFields::optional_number(std::string_view name, Range range) {
    auto const* value = take(name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    if (!value->is_number()) {
        expect(name, "a number");
        return std::nullopt;
    }
    auto const number = value->to_number<double>();
    if (!std::isfinite(number) || number < range.min || number > range.max) {
        expect(name, fmt::format("a number from {} to {}", range.min, range.max));
        return std::nullopt;
    }
    return number;
}

std::optional<std::int64_t> JsonFields::optional_integer(std::string_view name, std::int64_t min,
                                                         std::int64_t max) {
    auto const* value = take(name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    boost::system::error_code error;
    auto const number = value->is_number() ? value->to_number<std::int64_t>(error) : 0;
    if (!value->is_number() || error || number < min || number > max) {
        expect(name, fmt::format("a whole number from {} to {}", min, max));
        return std::nullopt;
    }
    return number;
}

std::optional<bool> JsonFields::optional_boolean(std::string_view name) {
    auto const* value = take(name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    if (auto const* boolean = value->if_bool()) return *boolean;
    expect(name, "true or false");
    return std::nullopt;
}

std::optional<std::string> JsonFields::optional_choice(
    std::string_view name, std::initializer_list<std::string_view> allowed) {
    auto const* value = take(name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    if (auto const* text = value->if_string()) {
        if (std::ranges::find(allowed, std::string_view(*text)) != allowed.end())
            return std::string(*text);
    }
    expect(name, fmt::format("one of {}", fmt::join(allowed, ", ")));
    return std::nullopt;
}

std::vector<std::string> JsonFields::strings(std::string_view name, std::size_t max_items,
                                             Text limits) {
    std::vector<std::string> out;
    auto const* value = take(name);
    if (value == nullptr || value->is_null()) return out;
    auto const* array = value->if_array();
    if (array == nullptr || array->size() > max_items) {
        expect(name, fmt::format("a list of at most {} texts", max_items));
        return out;
    }
    for (auto const& item : *array) {
        auto const* text = item.if_string();
        bool const fits = text != nullptr && text->size() >= limits.min_bytes &&
                          text->size() <= limits.max_bytes &&
                          !std::string_view(*text).contains('\0');
        if (!fits) {
            expect(name, fmt::format("a list of texts of {} to {} bytes", limits.min_bytes,
                                     limits.max_bytes));
            return {};
        }
        out.emplace_back(*text);
    }
    return out;
}

json::value const* JsonFields::member(std::string_view name) { return take(name); }

void JsonFields::refuse(std::string_view name, std::string_view expected) { expect(name, expected); }

Result<void> JsonFields::finish() {
    if (problem_) return std::unexpected(*problem_);
    for (auto const& member : *object_) {
        if (std::ranges::find(asked_, std::string_view(member.key())) == asked_.end())
            return fail(Errc::invalid_argument,
                        fmt::format("{} has no field {}", what_, shown(member.key())),
                        "unknown_field");
    }
    return {};
}

}  // namespace kaiwa
