"""Writes the tables of text_fold.cpp: how each character is folded, which pairs compose, and what
kind of character each is. Usage: make_text_fold_tables.py OUTPUT"""

import sys
import unicodedata

ENTRIES_PER_LINE = 8
UNSPACED = (
    "CJK UNIFIED", "CJK COMPATIBILITY IDEOGRAPH", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO",
    "IDEOGRAPHIC ITERATION", "IDEOGRAPHIC CLOSING", "VERTICAL IDEOGRAPHIC", "THAI", "LAO", "KHMER",
    "MYANMAR",
)


def is_ignored(code):
    """Characters that are not seen: format controls and variation selectors."""
    return (unicodedata.category(chr(code)) == "Cf" or code == 0x34F
            or 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF)


def fold(text):
    """Compatibility composition and case folding, until nothing changes any more."""
    while True:
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
        if folded == text:
            return "".join(c for c in folded if not is_ignored(ord(c)))
        text = folded


def kind(code):
    """0 separator, 1 letter or digit of a script with spaces, 2 character of a script without."""
    char = chr(code)
    if unicodedata.category(char)[0] not in "LNM":
        return 0
    name = unicodedata.name(char, "")
    return 2 if name.startswith(UNSPACED) else 1


def codes():
    return (c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF)


def rows(items):
    for i in range(0, len(items), ENTRIES_PER_LINE):
        yield "    " + " ".join(f"{item}," for item in items[i:i + ENTRIES_PER_LINE])


def main(output):
    pool, entries, pages = [], [], [0] * 0x1101
    folded = {c: fold(chr(c)) for c in codes()}
    offsets = {}
    for code, text in folded.items():
        if text == chr(code):
            continue
        if text not in offsets:
            offsets[text] = len(pool)
            pool.extend(ord(c) for c in text)
        entries.append(f"{{{code:#x}, {offsets[text]}, {len(text)}}}")
        pages[(code >> 8) + 1] = len(entries)
    for i in range(1, len(pages)):
        pages[i] = max(pages[i], pages[i - 1])

    pairs = []
    for code, text in folded.items():
        parts = unicodedata.normalize("NFD", chr(code))
        if len(parts) < 2 or text != chr(code):
            continue
        head = unicodedata.normalize("NFC", parts[:-1])
        if len(head) == 1 and 0xAC00 > code or code > 0xD7A3 and len(head) == 1:
            pairs.append(f"{{{ord(head):#x}, {ord(parts[-1]):#x}, {code:#x}}}")
    pairs.sort(key=lambda p: [int(n, 16) for n in p.strip("{}").split(", ")])

    ranges, start, last, current = [], 0, -1, 0
    for code in codes():
        now = kind(code)
        if now != current or code != last + 1:
            if current:
                ranges.append(f"{{{start:#x}, {last:#x}, {current}}}")
            start, current = code, now
        last = code
    if current:
        ranges.append(f"{{{start:#x}, {last:#x}, {current}}}")

    lines = [
        f"// Made by make_text_fold_tables.py from Unicode {unicodedata.unidata_version}.",
        '#include "store/common/text_fold_tables.hpp"',
        "namespace kaiwa::store::tables {",
        "char32_t const fold_pool[] = {", *rows([f"{c:#x}" for c in pool]), "};",
        "FoldEntry const fold_entries[] = {", *rows(entries), "};",
        "std::uint16_t const fold_pages[0x1101] = {", *rows(pages), "};",
        "Composition const compositions[] = {", *rows(pairs), "};",
        f"std::size_t const composition_count = {len(pairs)};",
        "KindRange const kind_ranges[] = {", *rows(ranges), "};",
        f"std::size_t const kind_range_count = {len(ranges)};",
        "}  // namespace kaiwa::store::tables",
    ]
    with open(output, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


main(sys.argv[1])
