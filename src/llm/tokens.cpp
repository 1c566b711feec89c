#include "llm/tokens.hpp"

#include <cstddef>

namespace kaiwa::llm {
namespace {

/// Costs are counted in hundredths of a token.
constexpr std::int64_t one = 100;

enum class Kind {
    space,
    line_end,
    lower,
    upper,
    digit,
    mark,
    accented,
    cyrillic,
    wide,
    hangul,
    dense,
    emoji
};

struct CodePoint {
    char32_t value;
    std::size_t bytes;
};

/// Reads one code point; an ill-formed byte counts as one of its own.
CodePoint read(std::string_view text) {
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    auto const lead = byte(0);
    std::size_t const length = lead < 0x80   ? 1
                               : lead < 0xC0 ? 1
                               : lead < 0xE0 ? 2
                               : lead < 0xF0 ? 3
                                             : 4;
    if (length > text.size()) return {0xFFFD, 1};
    if (length == 1) return {lead < 0x80 ? char32_t{lead} : char32_t{0xFFFD}, 1};
    char32_t value = lead & (0xFFu >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) value = value << 6 | (byte(i) & 0x3Fu);
    return {value, length};
}

Kind kind_of(char32_t c) {
    if (c < 0x80) {
        if (c >= 'a' && c <= 'z') return Kind::lower;
        if (c >= 'A' && c <= 'Z') return Kind::upper;
        if (c >= '0' && c <= '9') return Kind::digit;
        if (c == '\n' || c == '\r') return Kind::line_end;
        return c == ' ' || c == '\t' ? Kind::space : Kind::mark;
    }
    if (c >= 0xC0 && c < 0x250) return Kind::accented;
    if (c >= 0x370 && c < 0x530) return Kind::cyrillic;  // and Greek
    if (c < 0x370) return Kind::mark;
    if (c >= 0xAC00 && c < 0xD7B0) return Kind::hangul;
    if (c >= 0x3000 && c < 0x3003) return Kind::mark;  // the ideographic space, comma and stop
    if ((c >= 0x3003 && c < 0xA000) || (c >= 0xF900 && c < 0xFB00)) return Kind::wide;
    if (c >= 0xFF00 && c < 0xFFF0) return Kind::mark;
    if (c >= 0x1E00 && c < 0x1F00) return Kind::accented;  // Vietnamese
    if (c >= 0x2000 && c < 0x2600) return Kind::mark;
    if (c >= 0x2600 && c < 0x2800) return Kind::emoji;
    if (c >= 0x20000 && c < 0x30000) return Kind::emoji;  // rare characters, written as bytes
    return c >= 0x10000 ? Kind::emoji : Kind::dense;
}

bool is_letter(Kind kind) {
    return kind == Kind::lower || kind == Kind::upper || kind == Kind::accented;
}

/// What a run of `length` code points of one kind costs.
std::int64_t cost_of_run(Kind kind, std::int64_t length) {
    switch (kind) {
        case Kind::space:
            return length == 1 ? 0 : one;  // one space belongs to the word after it
        case Kind::line_end:
            return one;
        case Kind::lower:
        case Kind::upper:
            return one + (length - 1) / 7 * one + 6;
        case Kind::accented:
            return length * 45;
        case Kind::digit:
            return (length + 2) / 3 * one;
        case Kind::mark:
            return (length + 1) / 2 * one;
        case Kind::cyrillic:
            return one + (length - 1) * 28;
        case Kind::wide:
            return length * 74;
        case Kind::hangul:
            return length * 68;
        case Kind::dense:
            return length * 52;  // Arabic, Hebrew, the scripts of India, Thai
        case Kind::emoji:
            return length * 250;
    }
    return length * one;
}

/// Whether a code point of kind `next` goes on with a run of kind `run`.
bool continues(Kind run, Kind next) {
    if (run == next) return true;
    // "Word" and "WORD" are words; "camelCase" is two.
    return run == Kind::upper && next == Kind::lower;
}

}  // namespace

std::int64_t estimate_tokens(std::string_view text) {
    std::int64_t cost = 0;
    while (!text.empty()) {
        auto const first = read(text);
        auto kind = kind_of(first.value);
        text.remove_prefix(first.bytes);
        std::int64_t length = 1;
        std::int64_t accents = 0;
        while (!text.empty()) {
            auto const next = read(text);
            auto const next_kind = kind_of(next.value);
            if (is_letter(kind) && next_kind == Kind::accented) {
                ++accents;  // inside a word an accent splits it
            } else if (continues(kind, next_kind)) {
                if (kind == Kind::upper && next_kind == Kind::lower) kind = Kind::lower;
            } else if (!(kind == Kind::accented && is_letter(next_kind))) {
                break;
            } else {
                kind = next_kind;
                ++accents;
            }
            ++length;
            text.remove_prefix(next.bytes);
        }
        cost += cost_of_run(kind, length) + accents * 45;
        // A single mark before a word is often written together with it: "_name", "(int".
        bool const leads_word = kind == Kind::mark && length == 1 && !text.empty() &&
                                is_letter(kind_of(read(text).value));
        if (leads_word) cost -= one / 2;
    }
    return (cost + one - 1) / one;
}

}  // namespace kaiwa::llm
