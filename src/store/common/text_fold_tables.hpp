#pragma once

#include <cstddef>
#include <cstdint>

/// Made at build time by make_text_fold_tables.py; all are sorted.
namespace kaiwa::store::tables {

struct FoldEntry {
    char32_t code;
    std::uint16_t offset;  ///< In fold_pool.
    std::uint8_t size;
};
struct Composition {
    char32_t first;
    char32_t second;
    char32_t composed;
};
struct KindRange {
    char32_t first;
    char32_t last;
    std::uint8_t kind;
};

extern char32_t const fold_pool[];
extern FoldEntry const fold_entries[];
extern std::uint16_t const fold_pages[0x1101];  ///< Entries before each block of 256 codes.
extern Composition const compositions[];
extern std::size_t const composition_count;
extern KindRange const kind_ranges[];
extern std::size_t const kind_range_count;

}  // namespace kaiwa::store::tables
