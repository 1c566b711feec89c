#include "chat/turn_service.hpp"

#include <gtest/gtest.h>

namespace kaiwa::chat {
namespace {

TEST(MakeTitle, IsTheFirstLineShortened) {
    EXPECT_EQ(make_title("  こんにちは\n\nつづき"), "こんにちは");
    EXPECT_EQ(make_title("\n\n a \t b \r\nc"), "a b");
    EXPECT_EQ(make_title(""), "");
    EXPECT_EQ(make_title("## 予算の案\n本文"), "予算の案");
    EXPECT_EQ(make_title("> - quoted  item"), "quoted item");
    EXPECT_EQ(make_title("```python\nprint(1)\n```"), "print(1)");
    EXPECT_EQ(make_title("```\n```"), "```");
    EXPECT_EQ(make_title("**重要**: [手順](https://example.com/a) を **読む**"), "重要: 手順 を 読む");
    EXPECT_EQ(make_title("![図](a.png)は何？"), "図は何？");
    for (auto const* plain : {"#1 is broken", "###", "##x", ">", "-x", "-1 + 2", "- 5 + 3 は?", "```rm -rf``` とは?", "** bold", "2**8 は?", "2**3 と 2**4", "f(*a, **kw) と **kw", "** **", "a[0](b", "[](x)", "[x] (y)", "#", "# ", "C# or F#", "*"}) {
        auto const title = make_title(plain);
        EXPECT_EQ(title, plain == std::string_view("# ") ? "#" : plain);
    }
    EXPECT_EQ(make_title(std::string(40, 'x')), std::string(40, 'x'));
    EXPECT_EQ(make_title(std::string(41, 'x')), std::string(39, 'x') + "…");
    std::string const family = "👨‍👩‍👧‍👦";  // seven code points
    EXPECT_EQ(make_title(std::string(35, 'x') + family + "y"), std::string(35, 'x') + "…");
    EXPECT_EQ(make_title(std::string(32, 'x') + family + "yz"), std::string(32, 'x') + family + "…");
    EXPECT_EQ(make_title(std::string(38, 'x') + "👍🏽yz"), std::string(38, 'x') + "…");
    std::string zwj;
    for (int i = 0; i < 30; ++i) zwj += "👨‍";
    EXPECT_TRUE(make_title(zwj).ends_with("…"));
}

TEST(Merge, ChangesOnlyWhatIsNamed) {
    ThreadSettings stored{.model = "local/a", .parameters = {.temperature = 0.7, .top_p = {}, .max_tokens = 5},
                          .system_prompt = "s"};
    SettingsChange change;
    change.model = "local/b";
    change.max_tokens = 9;
    auto const merged = merge(stored, change);
    EXPECT_EQ(merged.model, "local/b");
    EXPECT_EQ(merged.parameters.temperature, 0.7);
    EXPECT_EQ(merged.parameters.max_tokens, 9);
    EXPECT_EQ(merged.system_prompt, "s");
}

}  // namespace
}  // namespace kaiwa::chat
