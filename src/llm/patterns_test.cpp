#include "llm/patterns.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace kaiwa::llm {
namespace {

TEST(Patterns, AStarStandsForAnythingAndAQuestionMarkForOneByte) {
    EXPECT_TRUE(matches_pattern("qwen*", "qwen3:8b"));
    EXPECT_TRUE(matches_pattern("qwen*", "qwen"));
    EXPECT_TRUE(matches_pattern("*", ""));
    EXPECT_TRUE(matches_pattern("*:8?", "qwen3:8b"));
    EXPECT_TRUE(matches_pattern("a*b*c", "a-b-b-c"));
    EXPECT_FALSE(matches_pattern("a*b*c", "a-b-b-d"));
    EXPECT_FALSE(matches_pattern("qwen", "qwen3"));
    EXPECT_FALSE(matches_pattern("?", ""));
    EXPECT_TRUE(matches_pattern("", ""));
}

TEST(Patterns, ManyStarsTakeNoExponentialTime) {
    std::string pattern;
    for (int i = 0; i < 200; ++i) pattern += "a*";
    EXPECT_FALSE(matches_pattern(pattern + "b", std::string(20'000, 'a')));
}

TEST(Patterns, NoPatternsDescribeEverything) {
    std::vector<std::string> const patterns = {"gpt-*", "o3"};
    EXPECT_TRUE(matches_any({}, "x"));
    EXPECT_TRUE(matches_any(patterns, "o3"));
    EXPECT_FALSE(matches_any(patterns, "o3-mini"));
}

}  // namespace
}  // namespace kaiwa::llm
