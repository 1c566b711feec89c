#include "llm/patterns.hpp"

#include <algorithm>

namespace kaiwa::llm {

bool matches_pattern(std::string_view pattern, std::string_view text) {
    std::size_t p = 0, t = 0;
    // Where to take up again when what follows the last star does not fit: one byte further on.
    std::size_t star = std::string_view::npos, star_text = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            star_text = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

bool has_wildcard(std::string_view pattern) {
    return pattern.find_first_of("*?") != pattern.npos;
}

bool matches_any(std::span<std::string const> patterns, std::string_view text) {
    return patterns.empty() || std::ranges::any_of(patterns, [&](std::string const& pattern) {
               return matches_pattern(pattern, text);
           });
}

}  // namespace kaiwa::llm
