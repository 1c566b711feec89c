#include "llm/tokens.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kaiwa::llm {
namespace {

double tokens_per_code_point(std::string const& text) {
    double count = 0;
    for (char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    return static_cast<double>(estimate_tokens(text)) / count;
}

TEST(Tokens, EnglishIsAboutFourLettersAToken) {
    auto const per_letter = tokens_per_code_point(
        "Every evening the harbour fills with small boats, and the people who work on them sit on "
        "the "
        "wall, mend their nets and talk about the weather of the coming week.");
    EXPECT_GT(per_letter, 1 / 4.8);
    EXPECT_LT(per_letter, 1 / 3.6);
}

TEST(Tokens, JapaneseChineseAndKoreanLieBetweenThisAndTheFormerGenerationOfTokenizers) {
    auto const japanese = tokens_per_code_point(
        "夕方になると港は小さな船でいっぱいになり、漁師たちは網を直しながら天気の話をする。");
    EXPECT_GT(japanese, 0.60);
    EXPECT_LT(japanese, 0.90);
    auto const chinese =
        tokens_per_code_point("傍晚时分,港口停满了小船,渔民们一边修补渔网一边谈论天气。");
    EXPECT_GT(chinese, 0.60);
    EXPECT_LT(chinese, 0.95);
    auto const korean = tokens_per_code_point(
        "저녁이 되면 항구는 작은 배들로 가득 차고 어부들은 그물을 고치며 날씨 이야기를 한다.");
    EXPECT_GT(korean, 0.45);
    EXPECT_LT(korean, 0.80);
}

TEST(Tokens, IndentationIsCheapAndCodeIsDenserThanProse) {
    std::string const code =
        "for (auto const& [name, value] : headers) {\n        if (name == wanted) return "
        "value;\n}\n";
    EXPECT_GT(estimate_tokens(code), 22);
    EXPECT_LT(estimate_tokens(code), 40);
    EXPECT_LE(estimate_tokens(std::string(40, ' ')), 1);
}

TEST(Tokens, NothingCostsNothingAndBytesThatAreNoTextStillCount) {
    EXPECT_EQ(estimate_tokens(""), 0);
    EXPECT_GT(estimate_tokens("\xFF\xFE\xE3\x81"), 0);
    EXPECT_GT(estimate_tokens("😀👩‍👩‍👧"), 3);
}

TEST(Tokens, JoiningTextsNeverCostsMuchMoreThanTheParts) {
    std::string const a = "The answer is";
    std::string const b = " 42 件です。";
    EXPECT_LE(estimate_tokens(a + b), estimate_tokens(a) + estimate_tokens(b) + 1);
}

}  // namespace
}  // namespace kaiwa::llm
