#include "api/content_disposition.hpp"

#include "chat/file_names.hpp"

#include <algorithm>
#include <utility>

namespace kaiwa::api {
namespace {

bool is_token(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").contains(c);
}

/// Characters of RFC 5987's attr-char, which need no escape.
bool is_attribute(char c) {
    return is_token(c) && c != '*' && c != '\'' && c != '%';
}

int nibble(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

void skip_spaces(std::string_view& text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
}

std::string_view take_token(std::string_view& text) {
    auto const end = std::ranges::find_if_not(text, is_token);
    auto const token = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(token.size());
    return token;
}

/// A quoted string as browsers write it: only `\"` and `\\` are escapes, so that a Windows path
/// stays one. Nothing when it has no end.
std::optional<std::string> take_quoted(std::string_view& text) {
    std::string out;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') {
            text.remove_prefix(i + 1);
            return out;
        }
        bool const escapes = text[i] == '\\' && i + 1 < text.size() &&
                             (text[i + 1] == '"' || text[i + 1] == '\\');
        if (escapes) ++i;
        out += text[i];
    }
    return std::nullopt;
}

std::optional<std::string> decode_extended(std::string_view value) {
    auto const charset_end = value.find('\'');
    auto const language_end = value.find('\'', charset_end == value.npos ? 0 : charset_end + 1);
    bool const readable = charset_end != value.npos && language_end != value.npos &&
                          lower(value.substr(0, charset_end)) == "utf-8";
    if (!readable) return std::nullopt;
    std::string out;
    value.remove_prefix(language_end + 1);
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] != '%') {
            out += value[i];
            continue;
        }
        if (i + 2 >= value.size()) return std::nullopt;
        int const high = nibble(value[i + 1]);
        int const low = nibble(value[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high << 4 | low);
        i += 2;
    }
    return out;
}

/// A name that every client can read, with an underscore for each other code point.
std::string plain_name(std::string_view name) {
    std::string out;
    for (char const c : name) {
        bool const continues = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
        if (!continues) out += c == ' ' || is_attribute(c) ? c : '_';
    }
    return out;
}

}  // namespace

std::string attachment(std::string_view name) {
    static constexpr char digits[] = "0123456789ABCDEF";
    auto const safe = chat::safe_file_name(name);
    auto out = "attachment; filename=\"" + plain_name(safe) + "\"; filename*=UTF-8''";
    for (char const c : safe) {
        if (is_attribute(c)) {
            out += c;
            continue;
        }
        auto const byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

std::optional<Disposition> parse_disposition(std::string_view value) {
    Disposition found;
    skip_spaces(value);
    found.type = lower(take_token(value));
    if (found.type.empty()) return std::nullopt;
    std::optional<std::string> extended;
    for (;;) {
        skip_spaces(value);
        if (value.empty()) break;
        if (value.front() != ';') return std::nullopt;
        value.remove_prefix(1);
        skip_spaces(value);
        if (value.empty()) break;
        auto const name = lower(take_token(value));
        if (name.empty() || !value.starts_with('=')) return std::nullopt;
        value.remove_prefix(1);
        std::optional<std::string> text;
        if (value.starts_with('"')) text = take_quoted(value);
        else text = std::string(take_token(value));
        if (!text) return std::nullopt;
        if (name == "name") found.name = std::move(text);
        else if (name == "filename") found.filename = std::move(text);
        else if (name == "filename*") extended = decode_extended(*text);
    }
    if (extended) found.filename = std::move(extended);
    return found;
}

}  // namespace kaiwa::api
