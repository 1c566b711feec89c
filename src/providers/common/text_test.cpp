#include "base/utf8.hpp"
#include "providers/common/text_joiner.hpp"
#include "providers/common/think_splitter.hpp"

#include <gtest/gtest.h>

namespace kaiwa::providers {
namespace {

TEST(TextJoiner, GivesTheSameTextHoweverItWasCutAndOnlyWholeCodePoints) {
    std::string const text =
        "aé漢😀👩‍👩‍👧\xFF"
        "e\xE3\x81";
    auto const expected = replace_invalid_utf8(text);
    for (std::size_t a = 0; a <= text.size(); ++a) {
        for (std::size_t b = a; b <= text.size(); ++b) {
            TextJoiner joiner;
            std::string joined;
            for (auto piece : {text.substr(0, a), text.substr(a, b - a), text.substr(b)}) {
                joiner.join(piece);
                ASSERT_TRUE(is_valid_utf8(piece));
                joined += piece;
            }
            EXPECT_EQ(joined + joiner.flush(), expected);
        }
    }
}

struct Split {
    std::string reasoning;
    std::string text;
    bool operator==(Split const&) const = default;
};

Split split(ThinkSplitter& splitter, std::vector<std::string> pieces) {
    Split all;
    auto const add = [&](ThinkSplitter::Parts parts) {
        all.reasoning += parts.reasoning;
        all.text += parts.text;
    };
    for (auto& piece : pieces) add(splitter.split(std::move(piece)));
    add(splitter.flush());
    return all;
}

TEST(ThinkSplitter, FindsItsTagsHoweverTheyAreCut) {
    std::string const text = "\n<think>a < b</think>\n\nc </think> d";
    Split const expected{"a < b", "c </think> d"};
    for (std::size_t a = 0; a <= text.size(); ++a) {
        for (std::size_t b = a; b <= text.size(); ++b) {
            ThinkSplitter splitter(ThinkSplitter::Start::unknown);
            EXPECT_EQ(split(splitter, {text.substr(0, a), text.substr(a, b - a), text.substr(b)}),
                      expected);
        }
    }
}

TEST(ThinkSplitter, LosesNothingOfTextThatOnlyLooksLikeATag) {
    for (std::string const text :
         {"<", "<think", "  <thi nk>", "<b>x</b>", "\n\n", "a</thin", "</"}) {
        for (std::size_t a = 0; a <= text.size(); ++a) {
            ThinkSplitter splitter(ThinkSplitter::Start::unknown);
            EXPECT_EQ(split(splitter, {text.substr(0, a), text.substr(a)}), (Split{"", text}));
        }
    }
}

TEST(ThinkSplitter, LeavesServersAloneThatSeparateReasoningThemselves) {
    ThinkSplitter splitter(ThinkSplitter::Start::text);
    EXPECT_EQ(split(splitter, {"<think>a</think>"}), (Split{"", "<think>a</think>"}));
}

TEST(ThinkSplitter, TellsThatATemplateLeftTheOpeningTagOut) {
    std::string const text = "hm\n</think>\nyes";
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        ThinkSplitter first(ThinkSplitter::Start::unknown);
        split(first, {text.substr(0, cut), text.substr(cut)});
        EXPECT_TRUE(first.found_lone_end());
        ThinkSplitter next(ThinkSplitter::Start::thinking);
        EXPECT_EQ(split(next, {text.substr(0, cut), text.substr(cut)}), (Split{"hm\n", "yes"}));
        EXPECT_FALSE(next.never_ended());
    }
    ThinkSplitter wrong(ThinkSplitter::Start::thinking);
    EXPECT_EQ(split(wrong, {"ye", "s"}).text, "yes");
    EXPECT_TRUE(wrong.never_ended());
}

}  // namespace
}  // namespace kaiwa::providers
