#pragma once

#include "chat/chat_store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::store {

/// The words of one search, folded. Latin and other spaced words match from a word's beginning,
/// words of scripts without spaces anywhere.
class SearchWords {
public:
    /// Fails with `invalid_argument` when there is no word, or too much.
    static Result<SearchWords> parse(std::string_view words);

    /// What a filter must have for the text to be looked into.
    [[nodiscard]] std::vector<std::uint64_t> const& grams() const { return grams_; }

    struct Match {
        std::string snippet;
        std::vector<std::pair<std::size_t, std::size_t>> marks;
    };
    /// Nothing unless all words are in `text`; else the part around the first of them.
    [[nodiscard]] std::optional<Match> find_in(std::string_view text) const;

private:
    std::vector<std::u32string> words_;
    std::vector<std::uint64_t> grams_;
};

}  // namespace kaiwa::store
