#include "store/common/search_match.hpp"

#include "store/common/search_filter.hpp"
#include "store/common/text_fold.hpp"

#include <algorithm>

namespace kaiwa::store {
namespace {

constexpr std::size_t max_query_bytes = 1'000;
constexpr std::size_t max_words = 16;
constexpr std::size_t snippet_codes = 160;
constexpr std::size_t codes_before_hit = 40;
constexpr std::size_t max_marks = 64;

bool is_space(char32_t code) {
    return code <= U' ' || code == 0x2028 || code == 0x2029;
}

bool is_quote(char32_t code) {
    static constexpr std::u32string_view quotes = U"\"\u201C\u201D\u201E\u00AB\u00BB「」『』";
    return quotes.contains(code);
}

/// A word without the quotation marks around it; a word of nothing else stays.
std::u32string unquoted(std::u32string word) {
    auto const begin = std::ranges::find_if_not(word, is_quote);
    if (begin == word.end()) return word;
    word.erase(word.begin(), begin);
    while (is_quote(word.back())) word.pop_back();
    return word;
}

struct Span {
    std::size_t from;
    std::size_t to;
};

/// The first place of `word` at or behind `start`, in folded characters.
std::optional<Span> find_word(std::u32string_view text, std::u32string_view word,
                              std::size_t start) {
    bool const from_beginning = kind_of(word.front()) == CharacterKind::letter;
    for (auto at = text.find(word, start); at != text.npos; at = text.find(word, at + 1)) {
        bool const inside =
            from_beginning && at > 0 && kind_of(text[at - 1]) == CharacterKind::letter;
        if (!inside) return Span{at, at + word.size()};
    }
    return std::nullopt;
}

bool is_code_start(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
}

/// UTF-16 code units of `text`, which begins and ends between code points.
std::size_t utf16_units(std::string_view text) {
    std::size_t units = 0;
    for (char const byte : text) {
        if (is_code_start(byte)) ++units;
        if (static_cast<unsigned char>(byte) >= 0xF0) ++units;
    }
    return units;
}

std::size_t back(std::string_view text, std::size_t at, std::size_t codes) {
    while (at > 0 && codes > 0) {
        if (is_code_start(text[--at])) --codes;
    }
    return at;
}

std::size_t forward(std::string_view text, std::size_t at, std::size_t codes) {
    while (at < text.size()) {
        if (is_code_start(text[at]) && codes-- == 0) break;
        ++at;
    }
    return at;
}

/// Sorts, joins what overlaps.
std::vector<Span> join(std::vector<Span> spans) {
    std::ranges::sort(spans, {}, &Span::from);
    std::vector<Span> out;
    for (auto const& span : spans) {
        if (!out.empty() && span.from <= out.back().to) {
            out.back().to = std::max(out.back().to, span.to);
        } else {
            out.push_back(span);
        }
    }
    return out;
}

SearchWords::Match make_match(std::string_view text, std::vector<Span> const& hits) {
    auto const first = hits.front().from;
    auto const begin = back(text, first, codes_before_hit);
    auto const end = forward(text, begin, snippet_codes);
    SearchWords::Match match;
    match.snippet = text.substr(begin, end - begin);
    for (auto const& hit : hits) {
        auto const from = std::max(hit.from, begin);
        auto const to = std::min(hit.to, end);
        if (from >= to || match.marks.size() == max_marks) continue;
        auto const units = utf16_units(text.substr(begin, from - begin));
        match.marks.emplace_back(units, units + utf16_units(text.substr(from, to - from)));
    }
    return match;
}

}  // namespace

Result<SearchWords> SearchWords::parse(std::string_view words) {
    if (words.size() > max_query_bytes) {
        return fail(Errc::invalid_argument, "the search is too long; use fewer words");
    }
    SearchWords out;
    std::u32string word;
    auto const take_word = [&] {
        word = unquoted(std::move(word));
        bool const known = std::ranges::find(out.words_, word) != out.words_.end();
        if (!word.empty() && !known) {
            out.words_.push_back(word);
        }
        word.clear();
    };
    for (char32_t const code : fold_text(words)) {
        if (is_space(code)) {
            take_word();
        } else {
            word.push_back(code);
        }
    }
    take_word();
    if (out.words_.empty()) {
        return fail(Errc::invalid_argument, "the search needs at least one word");
    }
    if (out.words_.size() > max_words) {
        return fail(Errc::invalid_argument, "the search is too long; use fewer words");
    }
    for (auto const& each : out.words_) {
        auto const grams = SearchFilter::grams_of(each);
        out.grams_.insert(out.grams_.end(), grams.begin(), grams.end());
    }
    return out;
}

std::optional<SearchWords::Match> SearchWords::find_in(std::string_view text) const {
    auto const folded = fold_with_source(text);
    std::vector<Span> first_hits;
    for (auto const& word : words_) {
        auto const hit = find_word(folded.characters, word, 0);
        if (!hit) return std::nullopt;
        first_hits.push_back(*hit);
    }
    auto const first = std::ranges::min(first_hits, {}, &Span::from).from;

    // Everything that the snippet can show is marked, not only the first place of each word.
    std::vector<Span> hits;
    for (auto const& word : words_) {
        auto at = first;
        while (auto const hit = find_word(folded.characters, word, at)) {
            if (hit->from > first + snippet_codes) break;
            hits.push_back({folded.from[hit->from], folded.to[hit->to - 1]});
            at = hit->to;
        }
    }
    return make_match(text, join(std::move(hits)));
}

}  // namespace kaiwa::store
