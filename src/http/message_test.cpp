#include "http/message.hpp"

#include <gtest/gtest.h>

namespace kaiwa::http {

namespace {

TEST(Headers, CompareNamesWithoutCase) {
    Headers headers{{"Content-Type", "a"}, {"X", "1"}, {"x", "2"}};

    EXPECT_EQ(headers.get("content-TYPE"), "a");
    EXPECT_EQ(headers.get("x"), "1");
    EXPECT_EQ(headers.count("X"), 2u);
    EXPECT_FALSE(headers.has("content"));
    headers.set("X", "3");
    EXPECT_EQ(headers.count("x"), 1u);
    EXPECT_EQ(headers.get("x"), "3");
}

TEST(Headers, CanBeSetFromWhatTheyHold) {
    Headers headers{{"X", "1"}};
    headers.set(headers.begin()->first, headers.begin()->second + "2");
    EXPECT_EQ(headers.get("x"), "12");
}

TEST(Request, FindsTheFirstParameterAndTheFirstCookie) {
    Request request;
    request.query = {{"q", "1"}, {"q", "2"}, {"empty", ""}};
    request.headers = {{"Cookie", "a=1; b = two ;session=x=y; session=z"}, {"cookie", "c=3"}};

    EXPECT_EQ(request.parameter("q"), "1");
    EXPECT_EQ(request.parameter("empty"), "");
    EXPECT_EQ(request.parameter("Q"), std::nullopt);
    EXPECT_EQ(request.cookie("session"), "x=y");
    EXPECT_EQ(request.cookie("b"), "two");
    EXPECT_EQ(request.cookie("c"), "3");
    EXPECT_EQ(request.cookie("Session"), std::nullopt);
    EXPECT_EQ(request.cookie(""), std::nullopt);
}

TEST(Request, KnowsTheWeightOfWhatItAcceptsByName) {
    Request request;
    request.headers = {{"Accept", "text/html, */*;q=0.1"},
                       {"Accept", " Text/Event-Stream ; q=0.5"}};
    EXPECT_EQ(request.accept_weight("text/html"), 1000u);
    EXPECT_EQ(request.accept_weight("text/event-stream"), 500u);
    EXPECT_EQ(request.accept_weight("application/json"), 0u) << "a range names nothing";

    request.headers = {{"Accept", "a/b;q=0.000, c/d;q=0, e/f;Q=0.1239;v=1, g/h;q=1.0, i/j;q="}};
    EXPECT_EQ(request.accept_weight("a/b"), 0u);
    EXPECT_EQ(request.accept_weight("c/d"), 0u);
    EXPECT_EQ(request.accept_weight("e/f"), 123u);
    EXPECT_EQ(request.accept_weight("g/h"), 1000u);
    EXPECT_EQ(request.accept_weight("i/j"), 1000u) << "no number is no weight";

    request.headers = {};
    EXPECT_EQ(request.accept_weight("text/event-stream"), 0u);
}

}  // namespace
}  // namespace kaiwa::http
