#pragma once

#include "kaiwa/error.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa {

namespace json = boost::json;

/// Parses one JSON text (RFC 8259): valid UTF-8, depth at most 32, no comments, nothing after it.
/// Fails with `invalid_argument`, saying what was expected.
[[nodiscard]] Result<json::value> parse_json(std::string_view text);

/// Appends `text` as a JSON string with its quotes. `text` is well-formed UTF-8.
void append_json_string(std::string& out, std::string_view text);

/// Reads the members of one JSON object strictly: each problem is one sentence that names the
/// member and what was expected, and the first one wins. Call `finish()` last: it reports the
/// problem, or a member that nobody asked for (`reason` "unknown_field").
///
///     JsonFields fields(value, "the message");
///     auto text = fields.string("text", {.max_bytes = 100'000});
///     auto parent = fields.optional_string("parent", {});
///     if (auto ok = fields.finish(); !ok) return std::unexpected(ok.error());
class JsonFields {
public:
    struct Text {
        std::size_t min_bytes = 0;
        std::size_t max_bytes = 1 << 20;
    };
    struct Range {
        double min = std::numeric_limits<double>::lowest();
        double max = std::numeric_limits<double>::max();
    };

    JsonFields(json::value const& value, std::string_view what);

    [[nodiscard]] bool has(std::string_view name);       ///< Present, null included.
    [[nodiscard]] bool is_null(std::string_view name);   ///< Present and null.
    std::string string(std::string_view name, Text limits);
    std::optional<std::string> optional_string(std::string_view name, Text limits);
    std::optional<double> optional_number(std::string_view name, Range range);
    std::optional<std::int64_t> optional_integer(std::string_view name, std::int64_t min,
                                                 std::int64_t max);
    std::optional<bool> optional_boolean(std::string_view name);
    /// One of `allowed`; the error lists them.
    std::optional<std::string> optional_choice(std::string_view name,
                                               std::initializer_list<std::string_view> allowed);
    std::vector<std::string> strings(std::string_view name, std::size_t max_items, Text limits);
    /// The raw member, or null when absent. The caller reads it with its own JsonFields.
    json::value const* member(std::string_view name);
    /// Records a problem of the caller's own with `name`.
    void refuse(std::string_view name, std::string_view expected);

    [[nodiscard]] Result<void> finish();

private:
    json::value const* take(std::string_view name);
    void expect(std::string_view name, std::string_view expected);

    json::object const* object_ = nullptr;
    std::string what_;
    std::vector<std::string_view> asked_;
    std::optional<Error> problem_;
};

}  // namespace kaiwa
