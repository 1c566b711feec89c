#include "chat/thinking.hpp"

#include "chat/replay_step.hpp"

#include <gtest/gtest.h>

namespace kaiwa::chat {
namespace {

using std::chrono::milliseconds;

SteadyTime at(int passed) {
    return SteadyTime{} + milliseconds(passed);
}

TEST(Thinking, LastsFromItsFirstPieceToTheText) {
    Thinking thinking;
    EXPECT_EQ(thinking.end(at(50)), std::nullopt) << "none yet";
    thinking.reasoned(at(100));
    thinking.reasoned(at(900));
    EXPECT_TRUE(thinking.goes_on());
    EXPECT_EQ(
        thinking.end(at(2200)),
        R"({"id":"reasoning","kind":"model","name":"reasoning","state":"done","detail":{"ms":2100}})");
    EXPECT_EQ(thinking.end(at(3000)), std::nullopt) << "once is enough";
}

TEST(Thinking, BetweenTextsIsAddedUp) {
    Thinking thinking;
    thinking.reasoned(at(0));
    static_cast<void>(thinking.end(at(1000)));
    thinking.reasoned(at(5000));
    EXPECT_EQ(
        thinking.end(at(5500)),
        R"({"id":"reasoning","kind":"model","name":"reasoning","state":"done","detail":{"ms":1500}})");
}

TEST(Thinking, IsNothingForAModelWhileOtherStepsMayBe) {
    Thinking thinking;
    thinking.reasoned(at(0));
    auto const step = thinking.end(at(1)).value();
    EXPECT_TRUE(only_thinking("[]"));
    EXPECT_TRUE(only_thinking("[" + step + "]"));
    EXPECT_FALSE(only_thinking("[" + step + "," + replay_step("aws/m", "p") + "]"));
    EXPECT_FALSE(only_thinking(R"([{"id":"reasoning","kind":"tool","name":"reasoning"}])"));
    EXPECT_FALSE(only_thinking("[1]"));
    EXPECT_FALSE(only_thinking("{}"));
    EXPECT_FALSE(only_thinking("["));
}

}  // namespace
}  // namespace kaiwa::chat
