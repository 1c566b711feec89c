#include "chat/replay_step.hpp"

#include <gtest/gtest.h>

namespace kaiwa::chat {
namespace {

TEST(ReplayStep, GivesThePayloadBackToTheModelThatWroteIt) {
    auto const payload = std::string(R"([{"text":"あ\n","signature":"s"}])");
    auto const steps = R"([{"id":"a","kind":"tool","name":"x"},)" + replay_step("aws/m", payload) + "]";
    EXPECT_EQ(replay_in(steps, "aws/m"), payload);
    EXPECT_EQ(replay_in(steps, "aws/other"), "");
    EXPECT_EQ(replay_in("[]", "aws/m"), "");
}

TEST(ReplayStep, IsNotForgedByAToolOfThatName) {
    auto const tool =
        R"([{"id":"replay","kind":"tool","name":"replay","detail":{"model":"m","payload":"x"}}])";
    EXPECT_EQ(replay_in(tool, "m"), "");
    for (auto const* steps : {R"("replay")", R"({"replay":1})", R"(["replay"])",
                              R"([{"kind":"model","name":"replay"}])",
                              R"([{"kind":"model","name":"replay","detail":7}])",
                              R"([{"kind":"model","name":"replay","detail":{"model":"m"}}])"}) {
        EXPECT_EQ(replay_in(steps, "m"), "") << steps;
    }
}

}  // namespace
}  // namespace kaiwa::chat
