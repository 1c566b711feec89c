#include "providers/common/json_scanner.hpp"

#include "base/word_bytes.hpp"

#include <charconv>

namespace kaiwa::providers {
namespace {

/// Appends a code point in UTF-8's scheme, surrogates included.
void append_code_point(std::string& out, std::uint32_t c) {
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xC0 | c >> 6);
        out += static_cast<char>(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        out += static_cast<char>(0xE0 | c >> 12);
        out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
        out += static_cast<char>(0x80 | (c & 0x3F));
    } else {
        out += static_cast<char>(0xF0 | c >> 18);
        out += static_cast<char>(0x80 | (c >> 12 & 0x3F));
        out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
        out += static_cast<char>(0x80 | (c & 0x3F));
    }
}

/// Reads the four hexadecimal digits of an escape.
std::optional<std::uint32_t> read_hex(char const* at, char const* end) {
    std::uint32_t value = 0;
    if (end - at < 4) return std::nullopt;
    auto const [stop, error] = std::from_chars(at, at + 4, value, 16);
    if (error != std::errc() || stop != at + 4) return std::nullopt;
    return value;
}

bool is_space(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/// Where the plain characters of a string end: at a quote, a backslash or `end`.
char const* find_string_end(char const* at, char const* end) {
    return find_marked(
        at, end,
        [](std::uint64_t word) { return mark_byte(word, '"') | mark_byte(word, '\\'); },
        [](char c) { return c == '"' || c == '\\'; });
}

/// Where a number or a word ends.
char const* find_word_end(char const* at, char const* end) {
    auto const ends_it = [](char c) {
        return c == ',' || c == '}' || c == ']' || c == ':' || c == '{' || c == '[' || c == '"' ||
               is_space(c);
    };
    while (at != end && !ends_it(*at)) ++at;
    return at;
}

}  // namespace

void JsonScanner::skip_space() {
    auto const* at = at_;
    while (at != end_ && is_space(*at)) ++at;
    at_ = at;
}

char JsonScanner::peek() {
    skip_space();
    return at_ == end_ ? '\0' : *at_;
}

bool JsonScanner::at_end() {
    skip_space();
    return at_ == end_;
}

bool JsonScanner::begin(char open) {
    if (peek() != open) {
        skip();
        return false;
    }
    ++at_;
    return true;
}

/// Whether another member or element follows, with its comma eaten.
bool JsonScanner::more(char close) {
    if (broken_) return false;
    auto c = peek();
    if (c == close) {
        ++at_;
        return false;
    }
    if (c == ',') {
        ++at_;
        c = peek();
    }
    return c != '\0' || fail();
}

bool JsonScanner::next_member(std::string_view& name) {
    if (!more('}')) return false;
    if (peek() != '"') return fail();
    auto const* const from = at_ + 1;
    if (!skip_string()) return false;
    name = std::string_view(from, static_cast<std::size_t>(at_ - 1 - from));
    if (peek() != ':') return fail();
    ++at_;
    return true;
}

bool JsonScanner::next_element() {
    return more(']');
}

bool JsonScanner::skip_string() {
    for (++at_;; at_ += 2) {
        at_ = find_string_end(at_, end_);
        if (at_ == end_) return fail();
        if (*at_ == '"') {
            ++at_;
            return true;
        }
        if (at_ + 1 == end_) return fail();
    }
}

bool JsonScanner::string(std::string& out) {
    if (peek() != '"') {
        skip();
        return false;
    }
    ++at_;
    for (;;) {
        auto const* const from = at_;
        at_ = find_string_end(from, end_);
        out.append(from, static_cast<std::size_t>(at_ - from));
        if (at_ == end_) return fail();
        if (*at_++ == '"') return true;
        if (!escape(out)) return fail();
    }
}

/// Reads what follows a backslash.
bool JsonScanner::escape(std::string& out) {
    if (at_ == end_) return false;
    switch (char const c = *at_++) {
        case 'b':
            out += '\b';
            return true;
        case 'f':
            out += '\f';
            return true;
        case 'n':
            out += '\n';
            return true;
        case 'r':
            out += '\r';
            return true;
        case 't':
            out += '\t';
            return true;
        case '"':
        case '\\':
        case '/':
            out += c;
            return true;
        case 'u':
            break;
        default:
            return false;
    }
    auto const first = read_hex(at_, end_);
    if (!first) return false;
    at_ += 4;
    bool const pair_follows =
        *first >= 0xD800 && *first < 0xDC00 && end_ - at_ >= 6 && at_[0] == '\\' && at_[1] == 'u';
    if (pair_follows) {
        auto const second = read_hex(at_ + 2, end_);
        if (second && *second >= 0xDC00 && *second < 0xE000) {
            at_ += 6;
            append_code_point(out, 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00));
            return true;
        }
    }
    append_code_point(out, *first);
    return true;
}

std::optional<std::int64_t> JsonScanner::integer() {
    skip_space();
    auto const* const from = at_;
    skip();
    std::int64_t value = 0;
    auto const [stop, error] = std::from_chars(from, at_, value);
    // "9.0" is a whole number too, as some servers write their counts.
    if (error != std::errc() || (stop != at_ && *stop != '.')) return std::nullopt;
    return value;
}

void JsonScanner::skip() {
    std::size_t depth = 0;
    do {
        switch (peek()) {
            case '\0':
                fail();
                return;
            case '"':
                if (!skip_string()) return;
                break;
            case '{':
            case '[':
                ++depth;
                ++at_;
                break;
            case '}':
            case ']':
                if (depth == 0) {
                    fail();
                    return;
                }
                --depth;
                ++at_;
                break;
            case ',':
            case ':':
                if (depth == 0) {
                    fail();
                    return;
                }
                ++at_;
                break;
            default:
                at_ = find_word_end(at_, end_);
        }
    } while (depth > 0);
}

std::string_view JsonScanner::raw() {
    skip_space();
    auto const* const from = at_;
    skip();
    return {from, broken_ ? 0 : static_cast<std::size_t>(at_ - from)};
}

bool is_whole_json_object(std::string_view text) {
    JsonScanner json(text);
    if (json.peek() != '{') return false;
    json.skip();
    return !json.broken() && json.at_end();
}

}  // namespace kaiwa::providers
