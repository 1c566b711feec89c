#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::store {

/// What a character is to a search.
enum class CharacterKind : std::uint8_t {
    separator,
    letter,    ///< Of a script that puts spaces between words, or a digit.
    unspaced,  ///< Of a script that does not: each character may begin a word.
};
[[nodiscard]] CharacterKind kind_of_other(char32_t code);  ///< Of one that is not ASCII.
[[nodiscard]] constexpr CharacterKind kind_of(char32_t code) {
    if (code >= 0x80) return kind_of_other(code);
    bool const letter = (code >= U'a' && code <= U'z') || (code >= U'A' && code <= U'Z') ||
                        (code >= U'0' && code <= U'9');
    return letter ? CharacterKind::letter : CharacterKind::separator;
}

/// Text as it is compared: width, case and ways of composing do not matter (compatibility
/// composition and case folding of Unicode, character by character), half-width kana joined with
/// their marks. Ill-formed UTF-8 becomes U+FFFD.
struct FoldedText {
    std::u32string characters;
    /// Where in the source the character comes from: bytes [from[i], to[i]).
    std::vector<std::uint32_t> from;
    std::vector<std::uint32_t> to;
};

/// Calls `take(char32_t, from, to)` for each folded character of `text`.
template <class Take>
void fold_each(std::string_view text, Take take);

[[nodiscard]] FoldedText fold_with_source(std::string_view text);
/// The folded text alone.
[[nodiscard]] std::u32string fold_text(std::string_view text);

namespace detail {

/// Reads the code point at `i`, which moves behind it.
char32_t read_code(std::string_view text, std::size_t& i);

/// What `code` is folded to; `own` is room for it where it stays as it is.
std::u32string_view fold_code(char32_t code, char32_t& own);
constexpr char32_t fold_ascii(char32_t code) {
    return code >= U'A' && code <= U'Z' ? code + 32 : code;
}

/// The character that the two make together, or 0.
char32_t compose(char32_t first, char32_t second);

}  // namespace detail

template <class Take>
void fold_each(std::string_view text, Take take) {
    char32_t waiting = 0;  // may still compose with what follows
    std::size_t from = 0;
    std::size_t to = 0;
    for (std::size_t i = 0; i < text.size();) {
        auto const start = i;
        if (auto const lead = static_cast<unsigned char>(text[i]); lead < 0x80) {
            if (waiting != 0) take(waiting, from, to);
            waiting = detail::fold_ascii(lead);
            from = start;
            to = ++i;
            continue;
        }
        char32_t own = detail::read_code(text, i);
        for (char32_t const code : detail::fold_code(own, own)) {
            if (waiting != 0) {
                char32_t const composed = code < 0x300 ? 0 : detail::compose(waiting, code);
                if (composed != 0) {
                    waiting = composed;
                    to = i;
                    continue;
                }
                take(waiting, from, to);
            }
            waiting = code;
            from = start;
            to = i;
        }
    }
    if (waiting != 0) take(waiting, from, to);
}

}  // namespace kaiwa::store
