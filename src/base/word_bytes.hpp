#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace kaiwa {

// Looking at eight bytes at once.

/// `byte`, eight times.
constexpr std::uint64_t word_of(char byte) {
    return std::uint64_t{0x0101010101010101} * static_cast<unsigned char>(byte);
}

/// The lowest byte of the result whose highest bit is set is the first in `word` that is wanted;
/// those above it may be marked wrongly.
constexpr std::uint64_t mark_byte(std::uint64_t word, char wanted) {
    auto const differs = word ^ word_of(wanted);
    return (differs - word_of(1)) & ~differs & word_of('\x80');
}

/// The same for bytes below `limit`, which is at most 0x80.
constexpr std::uint64_t mark_below(std::uint64_t word, char limit) {
    return (word - word_of(limit)) & ~word & word_of('\x80');
}

/// The first of the bytes in [at, end) that `mark` marks in a word and `is_wanted` knows; `end`
/// where there is none.
template <class Mark, class IsWanted>
char const* find_marked(char const* at, char const* end, Mark mark, IsWanted is_wanted) {
    while (std::endian::native == std::endian::little && end - at >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof word);
        if (auto const found = mark(word); found != 0) return at + std::countr_zero(found) / 8;
        at += 8;
    }
    while (at != end && !is_wanted(*at)) ++at;
    return at;
}

}  // namespace kaiwa
