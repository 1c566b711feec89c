#include "server/config_sources.hpp"

#include "base/utf8.hpp"

#include <fmt/format.h>

namespace kaiwa::server {
namespace {

constexpr std::string_view spaces = " \t\r";

std::string_view trim(std::string_view text) {
    auto const first = text.find_first_not_of(spaces);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

bool is_variable_name(std::string_view name) {
    return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
           name.find_first_not_of(
               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
               std::string_view::npos;
}

/// The value after the equals sign; nothing when its quotes do not end.
std::optional<std::string> unquote(std::string_view text) {
    text = trim(text);
    if (text.empty() || (text[0] != '"' && text[0] != '\'')) {
        auto const comment = text.find(" #");
        return std::string(trim(text.substr(0, comment)));
    }
    char const quote = text[0];
    std::string value;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == quote) return value;
        if (quote == '"' && text[i] == '\\' && i + 1 < text.size()) {
            ++i;
            value += text[i] == 'n' ? '\n' : text[i];
            continue;
        }
        value += text[i];
    }
    return std::nullopt;
}

}  // namespace

void Environment::set(std::string name, std::string value) {
    Variable variable{std::move(value), name, Layer::process};
    variables_.try_emplace(std::move(name), std::move(variable));
}

Environment::Variable const* Environment::find(std::string_view name) const {
    auto const found = variables_.find(name);
    return found == variables_.end() || found->second.value.empty() ? nullptr : &found->second;
}

Result<void> Environment::add_dotenv(std::string_view text, std::string_view file_name) {
    unsigned number = 0;
    while (!text.empty()) {
        ++number;
        auto const end = text.find('\n');
        auto line = trim(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.empty() || line.starts_with('#')) continue;
        if (line.starts_with("export ")) line = trim(line.substr(7));

        auto const equals = line.find('=');
        auto const name = trim(line.substr(0, equals));
        auto const value =
            equals == std::string_view::npos ? std::nullopt : unquote(line.substr(equals + 1));
        if (!is_variable_name(name) || !value || !is_valid_utf8(*value))
            return fail(Errc::invalid_argument,
                        fmt::format("{}:{}: expected a line NAME=value", file_name, number));
        Variable variable{*value, fmt::format("{}:{} ({})", file_name, number, name),
                          Layer::dotenv};
        variables_.try_emplace(std::string(name), std::move(variable));
    }
    return {};
}

}  // namespace kaiwa::server
