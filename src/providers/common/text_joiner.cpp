#include "providers/common/text_joiner.hpp"

#include "base/utf8.hpp"

#include <cstdint>
#include <string_view>
#include <utility>

namespace kaiwa::providers {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// The surrogate that three bytes of `text` stand for, or 0 where there is none.
std::uint32_t surrogate_at(std::string_view text, std::size_t at) {
    if (at + 3 > text.size() || text[at] != '\xED') return 0;
    auto const second = static_cast<unsigned char>(text[at + 1]);
    auto const third = static_cast<unsigned char>(text[at + 2]);
    if (second < 0xA0 || second > 0xBF || third < 0x80 || third > 0xBF) return 0;
    return 0xD000u | (second & 0x3Fu) << 6 | (third & 0x3Fu);
}

bool is_high(std::uint32_t surrogate) {
    return surrogate >= 0xD800 && surrogate < 0xDC00;
}

void append_pair(std::string& out, std::uint32_t high, std::uint32_t low) {
    auto const c = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    out += static_cast<char>(0xF0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
}

/// `text` with pairs of surrogates joined and single ones replaced.
std::string without_surrogates(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        auto const first = surrogate_at(text, at);
        if (first == 0) {
            out += text[at++];
            continue;
        }
        auto const second = surrogate_at(text, at + 3);
        if (is_high(first) && second != 0 && !is_high(second)) {
            append_pair(out, first, second);
            at += 6;
        } else {
            out += replacement;
            at += 3;
        }
    }
    return out;
}

}  // namespace

void TextJoiner::join(std::string& piece) {
    if (pending_.empty() && is_valid_utf8(piece)) return;
    piece.insert(0, std::exchange(pending_, {}));
    auto tail = unfinished_utf8_suffix(piece);
    if (piece.size() >= 3 && is_high(surrogate_at(piece, piece.size() - 3))) tail = 3;
    pending_ = piece.substr(piece.size() - tail);
    piece.resize(piece.size() - tail);
    piece = replace_invalid_utf8(without_surrogates(piece));
}

std::string TextJoiner::flush() {
    if (pending_.empty()) return {};
    pending_.clear();
    return std::string(replacement);
}

std::string well_formed(std::string text) {
    TextJoiner joiner;
    joiner.join(text);
    return std::move(text) + joiner.flush();
}

}  // namespace kaiwa::providers
