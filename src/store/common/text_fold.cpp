#include "store/common/text_fold.hpp"

#include "store/common/text_fold_tables.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace kaiwa::store {
namespace {

constexpr char32_t replacement = 0xFFFD;

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// The least code point that needs a sequence of so many bytes.
constexpr std::array<char32_t, 5> least_code = {0, 0, 0x80, 0x800, 0x10000};

std::size_t sequence_size(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead < 0xE0) return 2;
    if (lead >= 0xE0 && lead < 0xF0) return 3;
    if (lead >= 0xF0 && lead < 0xF5) return 4;
    return 0;
}

}  // namespace

namespace detail {

char32_t read_code(std::string_view text, std::size_t& i) {
    auto const lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
        ++i;
        return lead;
    }
    auto const size = sequence_size(lead);
    if (size == 0 || text.size() - i < size) {
        ++i;
        return replacement;
    }
    auto code = static_cast<char32_t>(lead & (0x7Fu >> size));
    for (std::size_t k = 1; k < size; ++k) {
        if (!is_continuation(text[i + k])) {
            ++i;
            return replacement;
        }
        code = code << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3Fu);
    }
    bool const wrong =
        code < least_code[size] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF);
    i += wrong ? 1 : size;
    return wrong ? replacement : code;
}

std::u32string_view fold_code(char32_t code, char32_t& own) {
    if (code < 0x80) {
        own = fold_ascii(code);
        return {&own, 1};
    }
    auto const page = code >> 8;
    std::span const entries(tables::fold_entries + tables::fold_pages[page],
                            tables::fold_entries + tables::fold_pages[page + 1]);
    auto const found = std::ranges::lower_bound(entries, code, {}, &tables::FoldEntry::code);
    if (found != entries.end() && found->code == code) {
        return {tables::fold_pool + found->offset, found->size};
    }
    own = code;
    return {&own, 1};
}

char32_t compose(char32_t first, char32_t second) {
    std::span const all(tables::compositions, tables::composition_count);
    auto const before = [](tables::Composition const& c, std::pair<char32_t, char32_t> key) {
        return std::pair(c.first, c.second) < key;
    };
    auto const key = std::pair(first, second);
    auto const found = std::lower_bound(all.begin(), all.end(), key, before);
    bool const known = found != all.end() && found->first == first && found->second == second;
    return known ? found->composed : 0;
}

}  // namespace detail

CharacterKind kind_of_other(char32_t code) {
    if ((code >= 0x4E00 && code <= 0x9FFF) || (code >= 0x3041 && code <= 0x3096)) {
        return CharacterKind::unspaced;
    }
    std::span const all(tables::kind_ranges, tables::kind_range_count);
    auto const found = std::ranges::lower_bound(all, code, {}, &tables::KindRange::last);
    if (found == all.end() || code < found->first) return CharacterKind::separator;
    return static_cast<CharacterKind>(found->kind);
}

FoldedText fold_with_source(std::string_view text) {
    FoldedText out;
    out.characters.reserve(text.size() / 2);
    fold_each(text, [&](char32_t code, std::size_t from, std::size_t to) {
        out.characters.push_back(code);
        out.from.push_back(static_cast<std::uint32_t>(from));
        out.to.push_back(static_cast<std::uint32_t>(to));
    });
    return out;
}

std::u32string fold_text(std::string_view text) {
    std::u32string out;
    fold_each(text, [&](char32_t code, std::size_t, std::size_t) { out.push_back(code); });
    return out;
}

}  // namespace kaiwa::store
