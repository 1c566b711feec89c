#include "base/utf8.hpp"

#include <cstdint>

namespace kaiwa {
namespace {

struct Step {
    std::size_t bytes;  ///< Length of the sequence, or of its maximal ill-formed part.
    bool valid;
    bool cut;  ///< Ill-formed only because the text ends.
};

/// Looks at the sequence at the start of `text` (Unicode 15, table 3-7).
Step look(std::string_view text) {
    auto const byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    auto const lead = byte(0);
    if (lead < 0x80) return {1, true, false};
    std::size_t need = 0;
    std::uint8_t low = 0x80, high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) {
        need = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        need = 3;
        if (lead == 0xE0) low = 0xA0;
        if (lead == 0xED) high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        need = 4;
        if (lead == 0xF0) low = 0x90;
        if (lead == 0xF4) high = 0x8F;
    } else {
        return {1, false, false};
    }
    for (std::size_t i = 1; i < need; ++i) {
        if (i == text.size()) return {i, false, true};
        if (byte(i) < low || byte(i) > high) return {i, false, false};
        low = 0x80;
        high = 0xBF;
    }
    return {need, true, false};
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
    while (!text.empty()) {
        auto const step = look(text);
        if (!step.valid) return false;
        text.remove_prefix(step.bytes);
    }
    return true;
}

std::string replace_invalid_utf8(std::string text) {
    if (is_valid_utf8(text)) return text;
    std::string out;
    out.reserve(text.size() + 8);
    for (std::string_view rest = text; !rest.empty();) {
        auto const step = look(rest);
        if (step.valid) {
            out.append(rest.substr(0, step.bytes));
        } else {
            out.append("\xEF\xBF\xBD");
        }
        rest.remove_prefix(step.bytes);
    }
    return out;
}

std::size_t unfinished_utf8_suffix(std::string_view text) {
    for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
        auto const tail = text.substr(text.size() - back);
        auto const lead = static_cast<std::uint8_t>(tail[0]);
        if (lead < 0x80) return 0;
        if (lead >= 0xC0) {
            auto const step = look(tail);
            return step.cut ? back : 0;
        }
    }
    return 0;
}

std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes) {
    if (text.size() <= max_bytes) return text;
    while (max_bytes > 0 && (static_cast<std::uint8_t>(text[max_bytes]) & 0xC0) == 0x80)
        --max_bytes;
    return text.substr(0, max_bytes);
}

std::string_view utf8_first(std::string_view text, std::size_t max_code_points) {
    std::size_t at = 0;
    for (; at < text.size() && max_code_points > 0; --max_code_points) at += look(text.substr(at)).bytes;
    return text.substr(0, at);
}

std::size_t count_code_points(std::string_view text) {
    std::size_t count = 0;
    for (char c : text) count += (static_cast<std::uint8_t>(c) & 0xC0) != 0x80;
    return count;
}

}  // namespace kaiwa
