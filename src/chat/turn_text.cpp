// Small pure parts of the turn service: settings and titles.
#include "base/utf8.hpp"
#include "chat/turn_service.hpp"

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

std::string make_title(std::string_view question) {
    constexpr std::size_t longest = 40;
    std::string line;
    for (char c : question) {
        bool const space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
        if (c == '\n' && !line.empty()) break;
        if (!space) {
            line.push_back(c);
        } else if (!line.empty() && line.back() != ' ') {
            line.push_back(' ');
        }
    }
    while (line.ends_with(' ')) line.pop_back();
    if (count_code_points(line) <= longest) return line;
    return std::string(utf8_first(line, longest - 1)) + "…";
}

}  // namespace kaiwa::chat
