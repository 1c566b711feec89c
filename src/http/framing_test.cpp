#include "http/framing.hpp"

#include <gtest/gtest.h>

namespace kaiwa::http {

namespace {

struct Outcome {
    bool broken = false;
    bool done = false;
    std::string body;
    std::string rest;
    bool operator==(Outcome const&) const = default;
};

/// Reads `bytes` in two parts cut at `cut`, as a connection would.
Outcome read(BodyFraming framing, std::string_view bytes, std::size_t cut) {
    Outcome outcome;
    std::string buffer;
    for (auto part : {bytes.substr(0, cut), bytes.substr(cut)}) {
        buffer += part;
        for (;;) {
            auto const step = framing.next(buffer);
            if (!step) {
                outcome.broken = true;
                return outcome;
            }
            outcome.body += step->data;
            bool const stuck = step->data.empty();
            buffer.erase(0, step->consumed);
            if (stuck) break;
        }
    }
    outcome.done = framing.done();
    outcome.rest = buffer;
    return outcome;
}

Outcome read_at_every_cut(BodyFraming framing, std::string_view bytes) {
    auto const whole = read(framing, bytes, bytes.size());
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        EXPECT_EQ(read(framing, bytes, cut), whole) << bytes << " cut at " << cut;
    }
    return whole;
}

Result<BodyFraming> framing_of(Headers headers, unsigned minor_version = 1) {
    return request_framing({"POST", "/", minor_version, std::move(headers)});
}

TEST(BodyFraming, ReadsChunksWithExtensionsAndTrailers) {
    auto const outcome = read_at_every_cut(
        BodyFraming::chunked(),
        "3;a=\"b\"\r\nabc\r\n00a \r\n0123456789\r\n0\r\nT: v\r\nU: w\r\n\r\nnext");
    EXPECT_EQ(outcome, (Outcome{false, true, "abc0123456789", "next"}));
}

TEST(BodyFraming, ReadsALengthAndLeavesWhatFollows) {
    EXPECT_EQ(read_at_every_cut(BodyFraming::length(3), "abcdef"),
              (Outcome{false, true, "abc", "def"}));
    EXPECT_EQ(read_at_every_cut(BodyFraming::length(9), "abc"), (Outcome{false, false, "abc", ""}));
    EXPECT_EQ(read_at_every_cut(BodyFraming::none(), "abc"), (Outcome{false, true, "", "abc"}));
}

TEST(BodyFraming, GathersTheChunksOfOneReadIntoOnePiece) {
    std::string bytes = "1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\nnext";
    auto framing = BodyFraming::chunked();
    auto const gathered = framing.gather(bytes);
    EXPECT_EQ(gathered.data, "abcdef");
    EXPECT_EQ(gathered.consumed, bytes.size() - 4);
    EXPECT_FALSE(gathered.broken);
    EXPECT_TRUE(framing.done());

    std::string cut = "1\r\na\r\n5\r\nbc";
    auto unfinished = BodyFraming::chunked();
    EXPECT_EQ(unfinished.gather(cut).data, "abc");
    EXPECT_FALSE(unfinished.done());

    std::string wrong = "1\r\na\r\n1\r\nb\r\nx";
    auto const before = BodyFraming::chunked().gather(wrong);
    EXPECT_EQ(before.data, "ab");
    EXPECT_TRUE(before.broken);
}

TEST(BodyFraming, IsNotDoneBeforeTheLastChunkIs) {
    std::string_view const body = "1\r\na\r\n0\r\n\r\n";
    for (std::size_t size = 0; size < body.size(); ++size) {
        EXPECT_FALSE(read(BodyFraming::chunked(), body.substr(0, size), size).done) << size;
    }
}

TEST(BodyFraming, RefusesChunksThatAreMalformed) {
    for (std::string_view bytes :
         {"g\r\n", "\r\n", ";a\r\n", "-1\r\n", "+1\r\n", "0x1\r\n", "1\na\r\n", "1\r\nab\r\n",
          "1\r\na\n", "1\r\na\r\r", "1\rx", "1 \n", "1;\x01\r\n", "1;a\nb\r\n", "0\r\nT: v\n\r\n",
          "0\r\n\rx", "0000000000000001\r\n", "fffffffffffffffff\r\n", " 1\r\n"}) {
        EXPECT_TRUE(read_at_every_cut(BodyFraming::chunked(), bytes).broken) << bytes;
    }
}

TEST(BodyFraming, RefusesEndlessExtensionsAndTrailers) {
    std::string const much(BodyFraming::max_overhead_bytes, 'x');
    EXPECT_FALSE(read(BodyFraming::chunked(), "1;" + much + "\r\n", 0).broken);
    EXPECT_TRUE(read(BodyFraming::chunked(), "1;" + much + "x\r\n", 0).broken);
    EXPECT_TRUE(read(BodyFraming::chunked(), "0\r\nT:" + much + "\r\n\r\n", 0).broken);
    std::string many;
    for (std::size_t i = 0; i <= BodyFraming::max_overhead_bytes; ++i) many += "1;x\r\na\r\n";
    EXPECT_TRUE(read(BodyFraming::chunked(), many, 0).broken);
}

TEST(RequestFraming, IsRefusedWhenTwoReadersCouldDisagree) {
    std::vector<Headers> const unclear = {
        {{"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}},
        {{"Transfer-Encoding", "chunked"}, {"Content-Length", "0"}},
        {{"Content-Length", "5"}, {"Content-Length", "5"}},
        {{"Content-Length", "5"}, {"content-length", "6"}},
        {{"Content-Length", "5, 5"}},
        {{"Content-Length", "+5"}},
        {{"Content-Length", "-1"}},
        {{"Content-Length", "0x5"}},
        {{"Content-Length", "5 5"}},
        {{"Content-Length", ""}},
        {{"Content-Length", "18446744073709551616"}},
        {{"Transfer-Encoding", "chunked, chunked"}},
        {{"Transfer-Encoding", "gzip, chunked"}},
        {{"Transfer-Encoding", "identity"}},
        {{"Transfer-Encoding", "xchunked"}},
        {{"Transfer-Encoding", "chunked;a"}},
        {{"Transfer-Encoding", "\"chunked\""}},
        {{"Transfer-Encoding", ""}},
        {{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}},
    };
    for (auto const& headers : unclear) {
        auto framing = framing_of(headers);
        ASSERT_FALSE(framing.has_value()) << headers.begin()->second;
        EXPECT_EQ(framing.error().code, Errc::invalid_argument);
    }
    EXPECT_FALSE(framing_of({{"Transfer-Encoding", "chunked"}}, 0).has_value());
}

TEST(RequestFraming, IsClearOtherwise) {
    EXPECT_TRUE(framing_of({}).value().done());
    EXPECT_EQ(framing_of({{"Content-Length", "5"}}).value().remaining(), 5u);
    EXPECT_FALSE(framing_of({{"Transfer-Encoding", "Chunked"}}).value().done());
}

TEST(AnswerFraming, FollowsTheStatusTheMethodAndTheFields) {
    auto const framing = [](unsigned status, Headers headers, std::string_view method = "GET") {
        return answer_framing({status, 1, std::move(headers)}, method);
    };
    EXPECT_TRUE(framing(204, {}).value().done());
    EXPECT_TRUE(framing(304, {{"Content-Length", "9"}}).value().done());
    EXPECT_TRUE(framing(200, {{"Content-Length", "9"}}, "HEAD").value().done());
    EXPECT_TRUE(framing(200, {}).value().ends_at_close());
    EXPECT_EQ(framing(200, {{"Content-Length", "9"}, {"Content-Length", "9"}}).value().remaining(),
              9u);
    EXPECT_FALSE(framing(200, {{"Content-Length", "9"}, {"Content-Length", "8"}}).has_value());
    EXPECT_FALSE(framing(200, {{"Transfer-Encoding", "gzip"}}).has_value());
    EXPECT_FALSE(
        framing(200, {{"Transfer-Encoding", "chunked"}, {"Content-Length", "9"}}).has_value());
}

TEST(Connection, IsClosedWhenAskedOrOld) {
    EXPECT_FALSE(closes_connection({}, 1));
    EXPECT_TRUE(closes_connection({}, 0));
    EXPECT_TRUE(closes_connection({{"Connection", "keep-alive"}, {"connection", "x, Close"}}, 1));
}

}  // namespace
}  // namespace kaiwa::http
