#include "api/multipart.hpp"

#include <gtest/gtest.h>

namespace kaiwa::api {
namespace {

struct Part {
    std::string disposition;
    std::string type;
    std::string data;
    bool ended = false;
    bool operator==(Part const&) const = default;
};

std::vector<Part> collect(std::vector<Part> parts, std::vector<MultipartParser::Item> items) {
    for (auto& item : items) {
        if (auto* head = std::get_if<MultipartParser::PartHead>(&item))
            parts.push_back({head->disposition, head->content_type, {}, false});
        else if (auto* data = std::get_if<MultipartParser::PartData>(&item))
            parts.back().data += data->bytes;
        else
            parts.back().ended = true;
    }
    return parts;
}

std::string const form =
    "what stands before is ignored\r\n--b0\r\nContent-Disposition: form-data; name=\"file\"\r\n"
    "Content-Type: image/png\r\n\r\nline\r\n--b\r\nnot yet--b0\r\n\r\n--b0  \r\n"
    "CONTENT-disposition: form-data; name=\"empty\"\r\n\r\n\r\n--b0--\r\nignored";

TEST(MultipartParser, GivesTheSamePartsHoweverTheBodyIsCut) {
    std::vector<Part> const expected = {
        {"form-data; name=\"file\"", "image/png", "line\r\n--b\r\nnot yet--b0\r\n", true},
        {"form-data; name=\"empty\"", "", "", true}};

    for (std::size_t cut = 0; cut <= form.size(); ++cut) {
        SCOPED_TRACE(cut);
        MultipartParser parser("b0");
        auto parts = collect({}, parser.feed(form.substr(0, cut)).value());
        parts = collect(std::move(parts), parser.feed(form.substr(cut)).value());
        EXPECT_EQ(parts, expected);
        EXPECT_TRUE(parser.finish());
    }
}

TEST(MultipartParser, SaysThatABodyWithoutItsLastDelimiterIsNotWhole) {
    auto const end = form.find("--b0--");
    MultipartParser parser("b0");
    EXPECT_TRUE(parser.feed(form.substr(0, end)));
    EXPECT_EQ(parser.finish().error().code, Errc::invalid_argument);
}

TEST(MultipartParser, RefusesWhatItWouldHaveToKeepWithoutBound) {
    MultipartParser long_head("b0");
    EXPECT_TRUE(long_head.feed("--b0\r\nX: "));
    EXPECT_FALSE(long_head.feed(std::string(MultipartParser::max_head_bytes + 1, 'x')));

    std::string many;
    for (std::size_t i = 0; i <= MultipartParser::max_parts; ++i) many += "--b0\r\n\r\n\r\nx\r\n";
    MultipartParser parts("b0");
    EXPECT_FALSE(parts.feed(many));

    MultipartParser garbage("b0");
    EXPECT_FALSE(garbage.feed("--b0garbage\r\n"));
}

TEST(MultipartParser, ReadsTheBoundaryThatBrowsersAndProgramsSend) {
    EXPECT_EQ(MultipartParser::boundary_of("multipart/form-data; boundary=abc"), "abc");
    EXPECT_EQ(MultipartParser::boundary_of("multipart/form-data; charset=x; Boundary=\"a b\""),
              "a b");
    EXPECT_FALSE(MultipartParser::boundary_of("multipart/form-data"));
    EXPECT_FALSE(MultipartParser::boundary_of("multipart/form-data; boundary="));
    EXPECT_FALSE(MultipartParser::boundary_of("multipart/form-data; boundary=" + std::string(71, 'a')));
    EXPECT_FALSE(MultipartParser::boundary_of("multipart/form-data; boundary=a\r\nb"));
}

}  // namespace
}  // namespace kaiwa::api
