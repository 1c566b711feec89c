#include "api/fields.hpp"

#include "base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace kaiwa::api {
namespace {

constexpr std::uint64_t max_page = 200;
constexpr std::int64_t max_max_tokens = 10'000'000;

}  // namespace

Result<std::uint64_t> read_number(std::string_view text, std::string_view what,
                                  std::uint64_t max) {
    std::uint64_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || number > max)
        return fail(Errc::invalid_argument,
                    fmt::format("{}: expected a whole number from 0 to {}", what, max));
    return number;
}

Result<std::string> read_parameter(http::Request const& request, std::string_view name,
                                   std::size_t max_bytes) {
    auto const value = request.parameter(name).value_or("");
    if (value.size() > max_bytes || !is_valid_utf8(value) || value.contains('\0'))
        return fail(Errc::invalid_argument,
                    fmt::format("?{}=: expected at most {} bytes of text", name, max_bytes));
    return std::string(value);
}

Result<Paging> read_paging(http::Request const& request, std::string_view cursor_name,
                           std::size_t max_cursor) {
    Paging paging;
    if (auto const text = request.parameter("limit")) {
        auto const limit = read_number(*text, "?limit=", max_page);
        if (!limit || *limit == 0)
            return fail(Errc::invalid_argument,
                        fmt::format("?limit=: expected a whole number from 1 to {}", max_page));
        paging.limit = *limit;
    }
    auto cursor = read_parameter(request, cursor_name, max_cursor);
    if (!cursor) return std::unexpected(cursor.error());
    paging.cursor = std::move(*cursor);
    return paging;
}

void read_parameters(JsonFields& fields, chat::SettingsChange& change) {
    JsonFields::Range const fraction{0, 1};
    change.temperature = fields.optional_number("temperature", fraction);
    change.top_p = fields.optional_number("top_p", fraction);
    change.max_tokens = fields.optional_integer("max_tokens", 1, max_max_tokens);
    JsonFields::Text const limits{0, max_system_prompt_bytes};
    change.system_prompt = fields.optional_string("system_prompt", limits);
}

std::optional<std::string> read_title(JsonFields& fields, std::string_view name) {
    auto title = fields.optional_string(name, {});
    if (title && count_code_points(*title) > max_title_code_points)
        fields.refuse(name, fmt::format("at most {} characters", max_title_code_points));
    return title;
}

Result<chat::SettingsPatch> read_settings(json::value const& value) {
    JsonFields fields(value, "settings");
    chat::SettingsPatch patch;
    JsonFields::Text const limits{1, max_model_id_bytes};
    patch.set.model = fields.optional_string("model", limits);
    read_parameters(fields, patch.set);
    patch.clears_model = fields.is_null("model");
    patch.clears_temperature = fields.is_null("temperature");
    patch.clears_top_p = fields.is_null("top_p");
    patch.clears_max_tokens = fields.is_null("max_tokens");
    patch.clears_system_prompt = fields.is_null("system_prompt");
    if (auto ok = fields.finish(); !ok) return std::unexpected(ok.error());
    return patch;
}

bool is_blank(std::string_view text) {
    constexpr std::array<std::string_view, 25> spaces{
        " ",        "\t",       "\n",       "\v",       "\f",       "\r",       "\u00A0",
        "\u1680",   "\u2000",   "\u2001",   "\u2002",   "\u2003",   "\u2004",   "\u2005",
        "\u2006",   "\u2007",   "\u2008",   "\u2009",   "\u200A",   "\u2028",   "\u2029",
        "\u202F",   "\u205F",   "\u3000",   "\uFEFF"};
    while (!text.empty()) {
        auto const found = std::ranges::find_if(
            spaces, [&](std::string_view space) { return text.starts_with(space); });
        if (found == spaces.end()) return false;
        text.remove_prefix(found->size());
    }
    return true;
}

}  // namespace kaiwa::api
