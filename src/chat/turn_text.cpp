// Small pure parts of the turn service: settings and titles.
#include "base/utf8.hpp"
#include "chat/turn_service.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

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

/// Of a question's line; more than a title needs, with the addresses of its links.
constexpr std::size_t max_title_source_bytes = 1'000;

/// The text of a link or picture "[text](address)" that `text` begins with, and how long all of it
/// is; nothing where there is none.
std::optional<std::pair<std::string_view, std::size_t>> link_at(std::string_view text) {
    std::size_t const begin = text.starts_with('!') ? 2 : 1;
    if (!text.substr(begin - 1).starts_with('[')) return std::nullopt;
    auto const middle = text.find("](", begin);
    if (middle == text.npos || text.substr(begin, middle - begin).contains('['))
        return std::nullopt;
    auto const end = text.find(')', middle);
    if (end == text.npos || middle == begin) return std::nullopt;
    return std::pair(text.substr(begin, middle - begin), end + 1);
}

/// Whether `rest`, which follows `before`, opens bold words and closes them; "2**3" counts.
bool begins_bold(std::string_view before, std::string_view rest) {
    bool const in_word = !before.empty() && before.back() > 0 && std::isalnum(before.back());
    if (in_word || !rest.starts_with("**") || rest.starts_with("** ")) return false;
    for (auto at = rest.find("**", 3); at != rest.npos; at = rest.find("**", at + 1))
        if (rest[at - 1] != ' ') return true;
    return false;
}

/// `line` without the signs of bold words and with the words of links alone.
std::string words_alone(std::string_view line) {
    line = utf8_prefix(line, max_title_source_bytes);
    std::string words;
    bool is_bold = false;
    while (!line.empty()) {
        auto const link = link_at(line);
        bool const ends_bold = is_bold && line.starts_with("**") && !words.ends_with(' ');
        if (link) {
            words += link->first;
            line.remove_prefix(link->second);
        } else if (ends_bold || (!is_bold && begins_bold(words, line))) {
            is_bold = !is_bold;
            line.remove_prefix(2);
        } else {
            words.push_back(line.front());
            line.remove_prefix(1);
        }
    }
    return words;
}

constexpr std::string_view joiner = "\u200D";

/// Whether what `rest` begins with belongs to the character before it.
bool goes_on(std::string_view rest) {
    static constexpr std::string_view skin_tone = "\U0001F3FB";
    bool const is_skin_tone = rest.size() >= 4 && rest.substr(0, 3) == skin_tone.substr(0, 3) &&
                              rest[3] >= skin_tone[3] && rest[3] <= skin_tone[3] + 4;
    return is_skin_tone || rest.starts_with(joiner) || rest.starts_with("\uFE0F") ||
           rest.starts_with("\u3099") || rest.starts_with("\u309A") || rest.starts_with("\u20E3");
}

/// The first `most` code points of `text`, but no part of a character that is several of them.
std::string_view first_characters(std::string_view text, std::size_t most) {
    for (auto codes = most; codes > 0; --codes) {
        auto const part = utf8_first(text, codes);
        if (!part.ends_with(joiner) && !goes_on(text.substr(part.size()))) return part;
    }
    return utf8_first(text, most);
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
        line = in_one_row(words_alone(without_markup(words)));
        question.remove_prefix(std::min(end + 1, question.size()));
    }
    if (line.empty()) line = std::move(whole);
    if (count_code_points(line) <= longest) return line;
    return std::string(first_characters(line, longest - 1)) + "…";
}

}  // namespace kaiwa::chat
