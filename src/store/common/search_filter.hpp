#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::store {

/// A Bloom filter of what a text can be found by: pairs of neighbouring characters, the beginnings
/// of words, and single characters of scripts without spaces, all folded (text_fold.hpp). About one
/// byte for each different pair; three of a hundred filters pass a pair that they do not have.
class SearchFilter {
public:
    /// What a text that contains `word` has in its filter.
    [[nodiscard]] static std::vector<std::uint64_t> grams_of(std::u32string_view folded_word);

    /// The filter of `text` as stored.
    [[nodiscard]] static std::string of_text(std::string_view text);

    /// Whether a text with this stored filter may have all of `grams`; false is certain.
    [[nodiscard]] static bool may_have(std::string_view filter,
                                       std::vector<std::uint64_t> const& grams);
};

}  // namespace kaiwa::store
