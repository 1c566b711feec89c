#include "providers/common/event_scanner.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace kaiwa::providers {
namespace {

using Lines = std::vector<std::string>;

Lines scanned(std::vector<std::string> pieces, bool with_last = false) {
    EventScanner scanner;
    Lines lines;
    for (auto& piece : pieces) {
        if (piece.empty()) continue;
        auto const bytes = std::make_unique<std::string>(std::move(piece));
        scanner.feed(*bytes);
        while (auto const event = scanner.next())
            lines.push_back(std::string(event->type) + '|' + std::string(event->data));
    }
    if (auto const event = with_last ? scanner.last() : std::nullopt)
        lines.push_back("last|" + std::string(event->data));
    return lines;
}

struct Case {
    std::string body;
    Lines events;
};

std::vector<Case> const cases = {
    {"data: a\n\n", {"|a"}},
    {"data:a\r\rdata:b\r\n\r\ndata:c\n\n", {"|a", "|b", "|c"}},
    {"data\n\n", {"|"}},
    {"data\ndata\n\n", {"|\n"}},
    {"data:  x\n\n", {"| x"}},
    {"event: t\n\ndata: y\n\n", {"|y"}},
    {": c\n\ndata:1\n:data:2\ndata:3\n\n", {"|1\n3"}},
    {"\xEF\xBB\xBF"
     "data:1\n\n",
     {"|1"}},
    {"\xEF\xBB\xBF\xEF\xBB\xBF"
     "data:1\n\ndata:2\n\n",
     {"|2"}},
    {"event: a\ndata: x\n\ndata: y\n\n", {"a|x", "|y"}},
    {"Data: a\n data: b\ndata: c\n\n", {"|c"}},
    {"data: a", {}},
    {"data: \xE2\x80\xA8x\x0B\x0C\xC2\x85\n\n", {"|\xE2\x80\xA8x\x0B\x0C\xC2\x85"}},
    {"data: a\r\n\r\n", {"|a"}},
    {"error: {\"x\":1}\n\n", {"error|{\"x\":1}"}},
    {"\n\n\ndata:a\n\n\n\n:x\ndata:b\ndata:c\ndata:d\n\n", {"|a", "|b\nc\nd"}},
};

TEST(EventScanner, FollowsTheStandardHoweverTheBodyIsCut) {
    for (auto const& [body, events] : cases) {
        SCOPED_TRACE(body);
        for (std::size_t a = 0; a <= body.size(); ++a) {
            for (std::size_t b = a; b <= body.size(); ++b) {
                EXPECT_EQ(scanned({body.substr(0, a), body.substr(a, b - a), body.substr(b)}),
                          events);
            }
        }
        std::vector<std::string> bytes;
        for (char c : body) bytes.emplace_back(1, c);
        EXPECT_EQ(scanned(bytes), events);
    }
}

TEST(EventScanner, HandsOutTheBlockThatTheEndLeftUnfinished) {
    EXPECT_EQ(scanned({"data: a\n\nda", "ta: b"}, true), (Lines{"|a", "last|b"}));
    EXPECT_EQ(scanned({"data: a\ndata: b\n"}, true), (Lines{"last|a\nb"}));
    EXPECT_EQ(scanned({"data: a\n\n"}, true), (Lines{"|a"}));
    EXPECT_EQ(scanned({": c"}, true), Lines());
}

TEST(EventScanner, HoldsNothingBetweenWholeEventsAndForgetsComments) {
    EventScanner scanner(100);
    for (int i = 0; i < 1'000; ++i) {
        std::string const piece = i % 2 ? ": keep-alive without a blank line\n" : "data: x\n\n";
        scanner.feed(piece);
        while (scanner.next()) {
        }
        ASSERT_EQ(scanner.held_bytes(), 0u);
    }
    EXPECT_FALSE(scanner.too_large());
    std::string const endless(200, 'x');
    scanner.feed(endless);
    EXPECT_FALSE(scanner.next());
    EXPECT_TRUE(scanner.too_large());
}

}  // namespace
}  // namespace kaiwa::providers
