#include "store/common/search_filter.hpp"

#include "store/common/search_match.hpp"
#include "store/common/text_fold.hpp"

#include <gtest/gtest.h>

#include <random>

namespace kaiwa::store {
namespace {

std::string utf8(std::u32string_view text) {
    std::string out;
    for (char32_t const c : text) {
        if (c < 0x80) {
            out += static_cast<char>(c);
        } else if (c < 0x800) {
            out += static_cast<char>(0xC0 | c >> 6);
            out += static_cast<char>(0x80 | (c & 0x3F));
        } else {
            if (c < 0x10000) {
                out += static_cast<char>(0xE0 | c >> 12);
            } else {
                out += static_cast<char>(0xF0 | c >> 18);
                out += static_cast<char>(0x80 | (c >> 12 & 0x3F));
            }
            out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
            out += static_cast<char>(0x80 | (c & 0x3F));
        }
    }
    return out;
}

std::string folded(std::string_view text) {
    return utf8(fold_text(text));
}

TEST(TextFold, JoinsWidthCaseAndMarks) {
    EXPECT_EQ(folded("ＡＢＣ １２３"), "abc 123");
    EXPECT_EQ(folded("ｶﾞｷﾞﾊﾟｱ"), "ガギパア");
    EXPECT_EQ(folded("か\xE3\x82\x99"), "が");
    EXPECT_EQ(folded("e\xCC\x81 É"), "\xC3\xA9 \xC3\xA9");
    EXPECT_EQ(folded("Straße"), "strasse");
    EXPECT_EQ(folded("㍿①"), "株式会社1");
    EXPECT_EQ(folded("ΑΣ"), "ασ");
    EXPECT_EQ(folded("漢字かなカナ"), "漢字かなカナ");
    EXPECT_EQ(folded("\xFF\xE3\x81"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(TextFold, KnowsWhereEachCharacterComesFrom) {
    std::string const text = "aｶﾞ㍿e\xCC\x81z";
    auto const result = fold_with_source(text);
    ASSERT_EQ(utf8(result.characters), "aガ株式会社\xC3\xA9z");
    auto const source = [&](std::size_t i) {
        return text.substr(result.from[i], result.to[i] - result.from[i]);
    };
    EXPECT_EQ(source(0), "a");
    EXPECT_EQ(source(1), "ｶﾞ");
    EXPECT_EQ(source(2), "㍿");
    EXPECT_EQ(source(5), "㍿");
    EXPECT_EQ(source(6), "e\xCC\x81");
    EXPECT_EQ(source(7), "z");
}

TEST(TextFold, TellsLettersFromCharactersOfScriptsWithoutSpaces) {
    for (char32_t const c : U"漢あアー々한ก") {
        if (c != 0) EXPECT_EQ(kind_of(c), CharacterKind::unspaced) << static_cast<unsigned>(c);
    }
    for (char32_t const c : U"aZ9éяα") {
        if (c != 0) EXPECT_EQ(kind_of(c), CharacterKind::letter) << static_cast<unsigned>(c);
    }
    for (char32_t const c : U" 、。+-_😀") {
        if (c != 0) EXPECT_EQ(kind_of(c), CharacterKind::separator) << static_cast<unsigned>(c);
    }
}

/// What can be found in a text always passes the text's filter.
TEST(SearchFilter, NeverHidesAMatch) {
    std::mt19937 random(7);
    std::u32string const alphabet = U"ab c九京都の空アカ゛ﾞ、+é😀１Ａー";
    auto const make = [&](std::size_t size) {
        std::u32string out;
        for (std::size_t i = 0; i < size; ++i) out += alphabet[random() % alphabet.size()];
        return utf8(out);
    };
    int found = 0;
    for (int round = 0; round < 20'000; ++round) {
        auto const text = make(1 + random() % 40);
        auto const words = SearchWords::parse(make(1 + random() % 4));
        if (!words || !words->find_in(text)) continue;
        ++found;
        ASSERT_TRUE(SearchFilter::may_have(SearchFilter::of_text(text), words->grams())) << text;
    }
    EXPECT_GT(found, 1'000);
}

TEST(SearchWords, AreFoundWithoutTheQuotationMarksAroundThem) {
    for (auto const* words : {"\"東京タワー\"", "「東京タワー」", "“東京タワー” \"高さ\""}) {
        auto const parsed = SearchWords::parse(words);
        ASSERT_TRUE(parsed) << words;
        EXPECT_TRUE(parsed->find_in("東京タワーの高さ")) << words;
        auto const filter = SearchFilter::of_text("東京タワーの高さ");
        EXPECT_TRUE(SearchFilter::may_have(filter, parsed->grams())) << words;
    }
    auto const inside = SearchWords::parse("a\"b");
    EXPECT_TRUE(inside->find_in("say a\"b"));
    EXPECT_FALSE(inside->find_in("say ab"));
    auto const alone = SearchWords::parse("\"");
    ASSERT_TRUE(alone);
    EXPECT_FALSE(alone->find_in("none"));
}

TEST(SearchFilter, HidesNearlyEverythingElse) {
    std::mt19937 random(7);
    auto const word = [&] {
        std::u32string out;
        for (int i = 0; i < 4; ++i) out += static_cast<char32_t>(0x4E00 + random() % 3'000);
        return out;
    };
    int passed = 0;
    for (int text = 0; text < 200; ++text) {
        std::string long_text;
        for (int i = 0; i < 200; ++i) long_text += utf8(word());
        auto const filter = SearchFilter::of_text(long_text);
        EXPECT_LT(filter.size(), long_text.size());
        for (int i = 0; i < 50; ++i) {
            passed += SearchFilter::may_have(filter, SearchFilter::grams_of(word()));
        }
    }
    EXPECT_LT(passed, 10);  // of 10,000
}

}  // namespace
}  // namespace kaiwa::store
