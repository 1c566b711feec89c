#include "http/target.hpp"

#include <gtest/gtest.h>

namespace kaiwa::http {

namespace {

TEST(Target, IsDecodedOnce) {
    auto target = parse_target("/api/%E4%BC%9A%2541/x+y?q=a+b%26c&empty&=v&q=%E4%BC%9A");

    ASSERT_TRUE(target.has_value());
    EXPECT_EQ(target->path, "/api/会%41/x+y");
    Query const expected = {{"q", "a b&c"}, {"empty", ""}, {"", "v"}, {"q", "会"}};
    EXPECT_EQ(target->query, expected);
}

TEST(Target, KeepsSlashesAsTheyAre) {
    EXPECT_EQ(parse_target("/a//b/").value().path, "/a//b/");
    EXPECT_EQ(parse_target("/").value().path, "/");
    EXPECT_EQ(parse_target("/a...b/..c").value().path, "/a...b/..c");
}

TEST(Target, IsRefusedWhenItIsUnclear) {
    for (std::string_view text :
         {"", "a", "http://x/", "*", "/%", "/%4", "/%zz", "/%00", "/%ff", "/%C0%AF", "/%ED%A0%80",
          "/a/../b", "/..", "/%2e%2e/x", "/a/%2E./x", "/..%2fx", "/a#b"}) {
        auto target = parse_target(text);
        ASSERT_FALSE(target.has_value()) << text;
        EXPECT_EQ(target.error().code, Errc::invalid_argument);
    }
}

TEST(Target, TellsTheNamesOfAQueryThatCannotBeRead) {
    for (std::string_view text : {"/?a=1&q=%ff", "/?a=1&q=%00", "/?a=1&q=%", "/?a=1&%ff=2&q="}) {
        auto const target = parse_target(text);
        ASSERT_TRUE(target.has_value()) << text;
        ASSERT_TRUE(target->query_error.has_value()) << text;
        EXPECT_EQ(target->query_error->code, Errc::invalid_argument);
        Query const expected = {{"a", "1"}, {"q", ""}};
        EXPECT_EQ(target->query, expected) << text;
    }
    EXPECT_FALSE(parse_query("q=%ff").has_value());
}

TEST(PercentEncoding, ComesBackTheSame) {
    EXPECT_EQ(percent_encode("a/b c~会"), "a%2Fb%20c~%E4%BC%9A");
    EXPECT_EQ(percent_decode(percent_encode("a+b/会\r\n")).value(), "a+b/会\r\n");
}

}  // namespace
}  // namespace kaiwa::http
