#include "http/head.hpp"

#include <gtest/gtest.h>

namespace kaiwa::http {

namespace {

TEST(RequestHead, IsReadWithItsFieldsInOrder) {
    auto head = parse_request_head(
        "POST /a?b=c HTTP/1.1\r\nHost: x\r\nX-Two:  spaced out \t\r\nEmpty:\r\n\r\n");

    ASSERT_TRUE(head.has_value());
    EXPECT_EQ(head->method, "POST");
    EXPECT_EQ(head->target, "/a?b=c");
    EXPECT_EQ(head->minor_version, 1u);
    EXPECT_EQ(head->headers.get("x-two"), "spaced out");
    EXPECT_TRUE(head->headers.has("EMPTY"));
    EXPECT_EQ(head->headers.get("empty"), "");
}

TEST(RequestHead, IsRefusedWhenAnythingLeavesRoomForGuessing) {
    std::vector<std::string> const heads = {
        "GET / HTTP/1.1\nHost: x\n\n",                            // bare LF
        "GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",                // bare LF in the fields
        "GET / HTTP/1.1\rHost: x\r\n\r\n",                        // bare CR
        "GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",           // obs-fold
        "GET / HTTP/1.1\r\n Host: x\r\n\r\n",                     // space before the first field
        "GET / HTTP/1.1\r\nTransfer-Encoding : chunked\r\n\r\n",  // space before the colon
        "GET / HTTP/1.1\r\nHost\r\n\r\n",
        "GET / HTTP/1.1\r\n: x\r\n\r\n",
        "GET / HTTP/1.1\r\nA(b): x\r\n\r\n",
        std::string("GET / HTTP/1.1\r\nA: x\0y\r\n\r\n", 27),
        "GET / HTTP/1.1\r\nA: x\x01y\r\n\r\n",
        "GET / HTTP/1.1\r\nA: x\x7Fy\r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n",
        "GET /a b HTTP/1.1\r\n\r\n",
        "GET /\t HTTP/1.1\r\n\r\n",
        "GET /\xE4\xBC\x9A HTTP/1.1\r\n\r\n",
        "GET HTTP/1.1\r\n\r\n",
        "GET /\r\n\r\n",
        " GET / HTTP/1.1\r\n\r\n",
        "G@T / HTTP/1.1\r\n\r\n",
        std::string(33, 'G') + " / HTTP/1.1\r\n\r\n",
        "\r\n\r\n",
        "",
        "GET / HTTP/1.1\r\nHost: x\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n\r\nrest",
    };
    for (auto const& text : heads) {
        SCOPED_TRACE(text);
        auto head = parse_request_head(text);
        ASSERT_FALSE(head.has_value());
        EXPECT_EQ(head.error().code, Errc::invalid_argument);
    }
}

TEST(RequestHead, SaysWhenTheVersionOrTheNumberOfFieldsIsTheProblem) {
    for (std::string_view version : {"HTTP/2.0", "HTTP/1.2", "http/1.1", "HTTP/1.1 ", "HTTP/0.9"}) {
        auto head = parse_request_head("GET / " + std::string(version) + "\r\n\r\n");
        ASSERT_FALSE(head.has_value()) << version;
    }
    EXPECT_EQ(parse_request_head("GET / HTTP/2.0\r\n\r\n").error().reason, "http_version");

    std::string many = "GET / HTTP/1.1\r\n";
    for (std::size_t i = 0; i < max_header_fields; ++i) many += "A: b\r\n";
    EXPECT_TRUE(parse_request_head(many + "\r\n").has_value());
    EXPECT_EQ(parse_request_head(many + "A: b\r\n\r\n").error().reason, "too_many_fields");
}

TEST(RequestStart, SaysOfAHeadWithoutEndWhatItAsksFor) {
    auto const read = [](std::string_view bytes) {
        auto const start = parse_request_start(bytes);
        return start ? start->method + "|" + start->target : std::string("nothing");
    };
    EXPECT_EQ(read("GET /?a=b"), "GET|/?a=b");
    EXPECT_EQ(read("GET /?a=%E3%8"), "GET|/?a=%E3%8");
    EXPECT_EQ(read("POST /chat HTTP/1.1\r\nHost: x\r\nA: b"), "POST|/chat");
    for (auto const* none : {"", "GET", "GET ", "G\tET /", " /", "GET /\x80", "GET\r\n/ x"})
        EXPECT_EQ(read(none), "nothing") << none;
}

TEST(AnswerHead, IsReadWithAndWithoutAReason) {
    auto with = parse_answer_head("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n\r\n");
    ASSERT_TRUE(with.has_value());
    EXPECT_EQ(with->status, 503u);
    EXPECT_EQ(with->headers.get("retry-after"), "1");
    EXPECT_EQ(parse_answer_head("HTTP/1.0 200\r\n\r\n").value().minor_version, 0u);
    EXPECT_EQ(parse_answer_head("HTTP/1.1 200 \r\n\r\n").value().status, 200u);
}

TEST(AnswerHead, IsRefusedWhenItIsNone) {
    for (std::string_view text :
         {"HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1\r\n\r\n",
          "HTTP/1.1 099 x\r\n\r\n", "HTTP/1.1 600 x\r\n\r\n", "HTTP/1.1 -20 x\r\n\r\n",
          "ICY 200 OK\r\n\r\n", "HTTP/1.1 200 OK\nA: b\n\n", "\r\n\r\n"}) {
        EXPECT_FALSE(parse_answer_head(text).has_value()) << text;
    }
}

TEST(HeadEnd, IsFoundHoweverTheBytesArrive) {
    std::string const head = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    for (std::size_t cut = 0; cut < head.size(); ++cut) {
        std::size_t searched = 0;
        EXPECT_EQ(find_head_end(head.substr(0, cut), searched), 0u);
        EXPECT_EQ(find_head_end(head + "body\n", searched), head.size()) << cut;
    }
}

TEST(HeadEnd, RefusesABareLineFeedAtOnce) {
    for (std::string_view bytes : {"GET / HTTP/1.1\n", "\n", "GET / HTTP/1.1\r\nHost: x\n\n"}) {
        std::size_t searched = 0;
        EXPECT_FALSE(find_head_end(bytes, searched).has_value()) << bytes;
    }
}

}  // namespace
}  // namespace kaiwa::http
