#include "api/byte_range.hpp"

#include <gtest/gtest.h>

namespace kaiwa::api {
namespace {

constexpr std::uint64_t size = 10'000;
constexpr std::string_view beyond_all = "99999999999999999999999999";

WantedBytes part(std::uint64_t first, std::uint64_t last) {
    return ByteRange{first, last};
}

TEST(ByteRanges, AreReadAsTheRfcSays) {
    // The examples of RFC 9110, 14.1.2, of a representation of 10,000 bytes.
    EXPECT_EQ(read_range("bytes=0-499", size), part(0, 499));
    EXPECT_EQ(read_range("bytes=500-999", size), part(500, 999));
    EXPECT_EQ(read_range("bytes=-500", size), part(9'500, 9'999));
    EXPECT_EQ(read_range("bytes=9500-", size), part(9'500, 9'999));
    EXPECT_EQ(read_range("bytes=0-0", size), part(0, 0));
    EXPECT_EQ(read_range("bytes=-1", size), part(9'999, 9'999));

    EXPECT_EQ(read_range("Bytes= 0-1 ,", size), part(0, 1));
    EXPECT_EQ(read_range("bytes=0-", size), part(0, 9'999));
    EXPECT_EQ(read_range("bytes=9999-20000", size), part(9'999, 9'999));
    EXPECT_EQ(read_range("bytes=-10001", size), part(0, 9'999));
    EXPECT_EQ(read_range("bytes=1-" + std::string(beyond_all), size), part(1, 9'999));
    EXPECT_EQ(read_range("bytes=-" + std::string(beyond_all), size), part(0, 9'999));
}

TEST(ByteRanges, BehindTheEndAreNothing) {
    for (std::string const& value :
         {std::string("bytes=10000-"), std::string("bytes=10000-10001"), std::string("bytes=-0"),
          "bytes=" + std::string(beyond_all) + "-", std::string("bytes=18446744073709551615-")})
        EXPECT_EQ(read_range(value, size), WantedBytes(NothingOfIt{})) << value;
}

TEST(ByteRanges, ThatAreSeveralOrMalformedAskForTheWhole) {
    for (std::string_view const value : {"",
                                         "bytes",
                                         "bytes=",
                                         "bytes=,",
                                         "bytes=-",
                                         "bytes=--1",
                                         "bytes=-1-",
                                         "bytes=1",
                                         "bytes=5-4",
                                         "bytes=+1-2",
                                         "bytes=0x1-2",
                                         "bytes=1-2x",
                                         "bytes=1 -2",
                                         "bytes=１-2",
                                         "bytes 0-1",
                                         "items=0-1",
                                         "bytes=0-0,1-1",
                                         "bytes=0-,0-,0-,0-",
                                         "bytes=0-1, x",
                                         "=0-1",
                                         "bytes==0-1"})
        EXPECT_EQ(read_range(value, size), WantedBytes(WholeFile{})) << value;
    std::string many = "bytes=0-";
    for (int i = 0; i < 1'300; ++i) many += ",5-" + std::to_string(i);  // CVE-2011-3192
    EXPECT_EQ(read_range(many, size), WantedBytes(WholeFile{}));
}

TEST(ByteRanges, HoldForOneGetOfTheSameFile) {
    http::Request request;
    request.method = "GET";
    request.headers.add("Range", "bytes=1-2");
    EXPECT_EQ(wanted_bytes(request, "\"a\"", size), part(1, 2));
    for (std::string_view const other :
         {"\"b\"", "W/\"a\"", "a", "", "\"a\", \"b\"", "Sat, 29 Oct 1994 19:43:31 GMT"}) {
        auto bound = request;
        bound.headers.add("If-Range", std::string(other));
        EXPECT_EQ(wanted_bytes(bound, "\"a\"", size), WantedBytes(WholeFile{})) << other;
    }
    auto bound = request;
    bound.headers.add("If-Range", "\"a\"");
    EXPECT_EQ(wanted_bytes(bound, "\"a\"", size), part(1, 2));
    bound.headers.add("If-Range", "\"a\"");
    EXPECT_EQ(wanted_bytes(bound, "\"a\"", size), WantedBytes(WholeFile{}));

    auto head = request;
    head.method = "HEAD";
    EXPECT_EQ(wanted_bytes(head, "\"a\"", size), WantedBytes(WholeFile{}));
    request.headers.add("Range", "bytes=3-4");
    EXPECT_EQ(wanted_bytes(request, "\"a\"", size), WantedBytes(WholeFile{}));
}

}  // namespace
}  // namespace kaiwa::api
