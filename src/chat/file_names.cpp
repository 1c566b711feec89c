#include "chat/file_names.hpp"

#include "base/utf8.hpp"

#include <algorithm>

namespace kaiwa::chat {
namespace {

constexpr std::size_t max_name_bytes = 200;
constexpr std::size_t max_ending_bytes = 16;
constexpr std::size_t max_type_bytes = 100;

/// Directions of text and other invisible marks, with which a name can pretend to be another.
bool is_deceptive(std::string_view code_point) {
    if (code_point.size() != 3) return false;
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(code_point[i]); };
    unsigned const value = (byte(0) & 0x0Fu) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu);
    return (value >= 0x202A && value <= 0x202E) || (value >= 0x2066 && value <= 0x2069) ||
           value == 0x200E || value == 0x200F || value == 0xFEFF || value == 0x2028 ||
           value == 0x2029;
}

/// What says in a name how to open the file: ".docx"; empty where nothing does.
std::string_view ending_of(std::string_view name) {
    auto const dot = name.rfind('.');
    if (dot == name.npos || name.size() - dot > max_ending_bytes) return {};
    auto const ending = name.substr(dot);
    bool const is_plain = std::ranges::all_of(ending.substr(1), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    });
    return is_plain ? ending : std::string_view();
}

}  // namespace

std::string safe_file_name(std::string_view name) {
    auto const slash = name.find_last_of("/\\");
    if (slash != name.npos) name.remove_prefix(slash + 1);
    auto const whole = replace_invalid_utf8(std::string(name.substr(0, 4 * max_name_bytes)));
    std::string out;
    for (std::string_view rest = whole; !rest.empty();) {
        auto const code_point = utf8_first(rest, 1);
        rest.remove_prefix(code_point.size());
        auto const first = static_cast<unsigned char>(code_point.front());
        bool const is_control = first < 0x20 || first == 0x7F ||
                                (code_point.size() == 2 && first == 0xC2 &&
                                 static_cast<unsigned char>(code_point[1]) < 0xA0);
        if (!is_control && !is_deceptive(code_point)) out += code_point;
    }
    if (name.size() > 4 * max_name_bytes || out.size() > max_name_bytes) {
        auto const ending = ending_of(name);
        out = std::string(utf8_prefix(out, max_name_bytes - ending.size())).append(ending);
    }
    if (out.empty() || out == "." || out == "..") return "file";
    return out;
}

bool is_media_type(std::string_view type) {
    auto const slash = type.find('/');
    auto const is_character = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               std::string_view("/+-._").contains(c);
    };
    return slash != type.npos && slash > 0 && slash + 1 < type.size() &&
           type.find('/', slash + 1) == type.npos && type.size() <= max_type_bytes &&
           std::ranges::all_of(type, is_character);
}

std::string safe_media_type(std::string_view declared) {
    std::string type(declared.substr(0, declared.find(';')));
    while (type.ends_with(' ')) type.pop_back();
    std::ranges::transform(type, type.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return is_media_type(type) ? type : std::string(any_media_type);
}

}  // namespace kaiwa::chat
