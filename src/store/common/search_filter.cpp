#include "store/common/search_filter.hpp"

#include "store/common/text_fold.hpp"

#include <algorithm>
#include <utility>

namespace kaiwa::store {
namespace {

constexpr std::size_t least_bytes = 8;
constexpr std::size_t bits_per_gram = 8;
constexpr std::uint32_t probes = 3;

constexpr std::uint64_t word_start = 0x11'0000;  // above every code point
constexpr std::uint64_t alone = 0x11'0001;

/// Spreads the bits of a gram (the finalizer of SplitMix64).
std::uint64_t mix(std::uint64_t x) {
    x ^= x >> 30;
    x *= 0xBF58476D1CE4E5B9u;
    x ^= x >> 27;
    x *= 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

std::uint64_t gram(std::uint64_t first, char32_t second) {
    return mix(first << 32 | second);
}

/// Emits the grams of a run of characters, one character at a time.
template <class Emit>
class GramMaker {
public:
    explicit GramMaker(Emit emit) : emit_(std::move(emit)) {}

    void take(char32_t code) {
        auto const kind = kind_of(code);
        if (kind == CharacterKind::separator) {
            previous_ = 0;
            previous_kind_ = kind;
            return;
        }
        bool const starts_word =
            kind == CharacterKind::letter && previous_kind_ != CharacterKind::letter;
        if (starts_word) emit_(gram(word_start, code));
        if (previous_ != 0) emit_(gram(previous_, code));
        if (kind == CharacterKind::unspaced) emit_(gram(alone, code));
        previous_ = code;
        previous_kind_ = kind;
    }

private:
    Emit emit_;
    char32_t previous_ = 0;
    CharacterKind previous_kind_ = CharacterKind::separator;
};

/// A set of grams with open addressing; grams are well mixed already.
class GramSet {
public:
    void add(std::uint64_t value) {
        if (value == 0) value = 1;
        if (!insert(value)) return;
        values_.push_back(value);
        if (values_.size() * 2 < slots_.size()) return;
        slots_.assign(slots_.size() * 4, 0);
        for (auto const known : values_) insert(known);
    }
    [[nodiscard]] std::vector<std::uint64_t> const& values() const { return values_; }

private:
    /// False when it is there already.
    bool insert(std::uint64_t value) {
        auto const mask = slots_.size() - 1;
        auto i = value & mask;
        while (slots_[i] != 0 && slots_[i] != value) i = (i + 1) & mask;
        return std::exchange(slots_[i], value) != value;
    }

    std::vector<std::uint64_t> slots_ = std::vector<std::uint64_t>(256);
    std::vector<std::uint64_t> values_;
};

struct Bit {
    std::size_t byte;
    unsigned char mask;
};

Bit bit_of(std::uint64_t value, std::uint32_t probe, std::size_t bytes) {
    auto const low = static_cast<std::uint32_t>(value);
    auto const high = static_cast<std::uint32_t>(value >> 32) | 1u;
    auto const hash = static_cast<std::uint64_t>(low + probe * high);
    auto const bit = static_cast<std::size_t>(hash * (bytes * 8) >> 32);
    return {bit / 8, static_cast<unsigned char>(1u << (bit % 8))};
}

}  // namespace

std::vector<std::uint64_t> SearchFilter::grams_of(std::u32string_view folded_word) {
    std::vector<std::uint64_t> out;
    GramMaker maker([&](std::uint64_t value) { out.push_back(value == 0 ? 1 : value); });
    for (char32_t const code : folded_word) maker.take(code);
    return out;
}

std::string SearchFilter::of_text(std::string_view text) {
    GramSet set;
    GramMaker maker([&](std::uint64_t value) { set.add(value); });
    fold_each(text, [&](char32_t code, std::size_t, std::size_t) { maker.take(code); });

    auto const bytes = std::max(least_bytes, set.values().size() * bits_per_gram / 8);
    std::string filter(bytes, '\0');
    for (auto const value : set.values()) {
        for (std::uint32_t probe = 0; probe < probes; ++probe) {
            auto const bit = bit_of(value, probe, bytes);
            filter[bit.byte] =
                static_cast<char>(static_cast<unsigned char>(filter[bit.byte]) | bit.mask);
        }
    }
    return filter;
}

bool SearchFilter::may_have(std::string_view filter, std::vector<std::uint64_t> const& grams) {
    if (filter.empty()) return false;
    return std::ranges::all_of(grams, [&](std::uint64_t value) {
        for (std::uint32_t probe = 0; probe < probes; ++probe) {
            auto const bit = bit_of(value, probe, filter.size());
            if (!(static_cast<unsigned char>(filter[bit.byte]) & bit.mask)) return false;
        }
        return true;
    });
}

}  // namespace kaiwa::store
