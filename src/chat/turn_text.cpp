// Small pure parts of the turn service: settings and titles.
#include "base/utf8.hpp"
#include "chat/turn_service.hpp"

#include <algorithm>

namespace kaiwa::chat {

ThreadSettings merge(ThreadSettings settings, SettingsChange const& change) {
    if (change.model) settings.model = change.model;
    if (change.temperature) settings.parameters.temperature = change.temperature;
    if (change.top_p) settings.parameters.top_p = change.top_p;
    if (change.max_tokens) settings.parameters.max_tokens = change.max_tokens;
    if (change.system_prompt) settings.system_prompt = change.system_prompt;
    return settings;
}

ThreadSettings merge(ThreadSettings settings, SettingsChange const& change,
                     std::string const& default_model) {
    settings = merge(std::move(settings), change);
    if (!settings.model) settings.model = default_model;
    return settings;
}

ThreadSettings SettingsPatch::apply_to(ThreadSettings settings) const {
    if (clears_model) settings.model.reset();
    if (clears_temperature) settings.parameters.temperature.reset();
    if (clears_top_p) settings.parameters.top_p.reset();
    if (clears_max_tokens) settings.parameters.max_tokens.reset();
    if (clears_system_prompt) settings.system_prompt.reset();
    return merge(std::move(settings), set);
}

namespace {

/// One line with single spaces between its words.
std::string in_one_row(std::string_view line) {
    std::string words;
    for (char c : line) {
        bool const space = c == ' ' || c == '\t' || c == '\r';
        if (!space) {
            words.push_back(c);
        } else if (!words.empty() && words.back() != ' ') {
            words.push_back(' ');
        }
    }
    while (words.ends_with(' ')) words.pop_back();
    return words;
}

/// Without the signs of a Markdown heading, quotation or list in front; nothing of a line that
/// only opens or closes a block of code.
std::string_view without_markup(std::string_view line) {
    bool const is_fence = line.starts_with("```") && !line.substr(3).contains('`');
    if (is_fence || line.starts_with("~~~")) return {};
    for (;;) {
        auto const level = std::min(line.find_first_not_of('#'), line.size());
        bool const is_sign = level == 0 && line.find_first_of(">-*+") == 0;
        auto const end = is_sign ? 1 : level;
        if (end == 0 || line.size() < end + 2 || line[end] != ' ') return line;
        // "- 5 + 3" counts.
        bool const counts = is_sign && line[0] != '>' && line[2] >= '0' && line[2] <= '9';
        if (counts) return line;
        line.remove_prefix(end + 1);
    }
}

}  // namespace

std::string make_title(std::string_view question) {
    constexpr std::size_t longest = 40;
    std::string line;
    std::string whole;  // where nothing but markup is there
    while (line.empty() && !question.empty()) {
        auto const end = std::min(question.find('\n'), question.size());
        auto const words = in_one_row(question.substr(0, end));
        if (whole.empty()) whole = words;
        line = without_markup(words);
        question.remove_prefix(std::min(end + 1, question.size()));
    }
    if (line.empty()) line = std::move(whole);
    if (count_code_points(line) <= longest) return line;
    return std::string(utf8_first(line, longest - 1)) + "…";
}

}  // namespace kaiwa::chat
