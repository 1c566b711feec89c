#include "http/preferences.hpp"

#include <gtest/gtest.h>

namespace kaiwa::http {

namespace {

TEST(Preferences, WeighACodingInAnyCase) {
    Request request;
    request.headers = {{"Accept-Encoding", "gzip;q=0.5,\tBR"}};
    EXPECT_EQ(listed_weight(request.headers, "accept-encoding", "br"), 1000u);
    EXPECT_EQ(listed_weight(request.headers, "accept-encoding", "gzip"), 500u);
    EXPECT_EQ(listed_weight(request.headers, "accept-encoding", "deflate"), 0u);
    request.headers = {{"Accept-Encoding", "gzip"}, {"accept-encoding", "br ; q=0"}};
    EXPECT_EQ(listed_weight(request.headers, "accept-encoding", "br"), 0u);
    request.headers = {{"Accept-Encoding", "brotli"}, {"Accept", "br"}};
    EXPECT_EQ(listed_weight(request.headers, "accept-encoding", "br"), 0u);
}

TEST(Preferences, TellWhatTheAskerHasAlready) {
    Request request;
    EXPECT_FALSE(has_already(request, "\"a\""));
    for (char const* field : {"\"a\"", "W/\"a\"", "\"x\" , \"a\"", "*"}) {
        request.headers = {{"If-None-Match", field}};
        EXPECT_TRUE(has_already(request, "\"a\"")) << field;
    }
    for (char const* field : {"", "a", "\"ab\"", "\"a-br\"", "w/\"a\"", "\"*\""}) {
        request.headers = {{"If-None-Match", field}};
        EXPECT_FALSE(has_already(request, "\"a\"")) << field;
    }
    request.headers = {{"If-None-Match", "\"x\""}, {"if-none-match", "\"a\""}};
    EXPECT_TRUE(has_already(request, "\"a\""));
}

}  // namespace
}  // namespace kaiwa::http
