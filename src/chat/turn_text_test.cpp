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
    for (auto const* plain : {"#1 is broken", "###", "##x", ">", "-x", "-1 + 2", "- 5 + 3 は?", "```rm -rf``` とは?", "** bold", "#", "# ", "C# or F#", "*"}) {
        auto const title = make_title(plain);
        EXPECT_EQ(title, plain == std::string_view("# ") ? "#" : plain);
    }
    EXPECT_EQ(make_title(std::string(40, 'x')), std::string(40, 'x'));
    EXPECT_EQ(make_title(std::string(41, 'x')), std::string(39, 'x') + "…");
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
