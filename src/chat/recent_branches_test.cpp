#include "chat/recent_branches.hpp"

#include <gtest/gtest.h>

namespace kaiwa::chat {
namespace {

using Line = RecentBranches::Line;
using Lines = RecentBranches::Lines;

template <class T>
T id(std::uint8_t number) {
    T out;
    out.value.bytes[15] = static_cast<decltype(out.value.bytes)::value_type>(number);
    return out;
}

Line question(std::string text) { return {MessageRole::user, std::move(text)}; }
Line answer(std::string text) { return {MessageRole::assistant, std::move(text)}; }

TEST(RecentBranches, AThreadIsRememberedFromItsFirstTurnOn) {
    RecentBranches recent;
    auto const thread = id<ThreadId>(1);
    recent.extend(thread, std::nullopt, question("a"), id<MessageId>(2), answer("b"));
    recent.extend(thread, id<MessageId>(2), question("c"), id<MessageId>(4), answer(""));
    EXPECT_EQ(recent.find(thread, id<MessageId>(4)),
              (Lines{question("a"), answer("b"), question("c"), answer("")}));
}

TEST(RecentBranches, OnlyTheBranchThatEndsWithTheMessageIsFound) {
    RecentBranches recent;
    auto const thread = id<ThreadId>(1);
    recent.keep(thread, id<MessageId>(2), {question("a"), answer("b")});
    EXPECT_FALSE(recent.find(thread, id<MessageId>(1)));
    EXPECT_FALSE(recent.find(id<ThreadId>(9), id<MessageId>(2)));
    // A turn of another branch changes nothing.
    recent.extend(thread, id<MessageId>(7), question("x"), id<MessageId>(8), answer("y"));
    EXPECT_FALSE(recent.find(thread, id<MessageId>(8)));
    EXPECT_TRUE(recent.find(thread, id<MessageId>(2)));
}

TEST(RecentBranches, ABranchThatGrewTooLongIsForgotten) {
    RecentBranches recent;
    auto const thread = id<ThreadId>(1);
    recent.extend(thread, std::nullopt, question("a"), id<MessageId>(2), answer("b"));
    recent.extend(thread, id<MessageId>(2), question(std::string(RecentBranches::max_branch_bytes, 'x')),
                  id<MessageId>(4), answer("d"));
    EXPECT_FALSE(recent.find(thread, id<MessageId>(4)));
    EXPECT_FALSE(recent.find(thread, id<MessageId>(2)));
}

TEST(RecentBranches, ThoseTalkedInLongestAgoMakeRoom) {
    RecentBranches recent(2'000);
    for (std::uint8_t n = 1; n <= 20; ++n)
        recent.keep(id<ThreadId>(n), id<MessageId>(n), {question(std::string(200, 'x'))});
    EXPECT_FALSE(recent.find(id<ThreadId>(1), id<MessageId>(1)));
    EXPECT_FALSE(recent.find(id<ThreadId>(16), id<MessageId>(16)));
    EXPECT_TRUE(recent.find(id<ThreadId>(17), id<MessageId>(17)));
    EXPECT_TRUE(recent.find(id<ThreadId>(20), id<MessageId>(20)));
}

}  // namespace
}  // namespace kaiwa::chat
