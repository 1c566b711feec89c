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

TEST(Request, AcceptsOnlyWhatIsNamedWithAWeight) {
    Request request;
    request.headers = {{"Accept", "text/html, */*;q=0.1"},
                       {"Accept", " Text/Event-Stream ; q=0.5"}};
    EXPECT_TRUE(request.accepts("text/event-stream"));
    EXPECT_FALSE(request.accepts("application/json"));

    request.headers = {{"Accept", "application/json;q=0.000, text/event-stream;q=0"}};
    EXPECT_FALSE(request.accepts("application/json"));
    EXPECT_FALSE(request.accepts("text/event-stream"));

    request.headers = {};
    EXPECT_FALSE(request.accepts("text/event-stream"));
}

}  // namespace
}  // namespace kaiwa::http
