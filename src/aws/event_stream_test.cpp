#include "aws/event_stream.hpp"

#include "aws/crc32.hpp"
#include "aws/vectors_fixture.hpp"

#include <gtest/gtest.h>

namespace kaiwa::aws {
namespace {

using test::from_hex;
using Type = EventHeader::Type;

std::string frame(std::string const& name) {
    auto const& all = test::vector_file("event_stream.json").as_object();
    return from_hex(all.at(name).as_string());
}

/// The messages of `pieces`, in order, or nothing when one is broken.
std::optional<std::vector<EventMessage>> decode(std::vector<std::string_view> const& pieces,
                                                std::size_t limit = 1 << 20) {
    EventStreamDecoder decoder(limit);
    std::vector<EventMessage> messages;
    for (auto const piece : pieces) {
        decoder.feed(piece);
        for (;;) {
            auto message = decoder.next();
            if (!message) return std::nullopt;
            if (!*message) break;
            messages.push_back(std::move(**message));
        }
    }
    if (decoder.is_mid_message()) messages.push_back({{}, "(cut)"});
    return messages;
}

/// `bytes` with checksums that fit what was changed in it.
std::string with_checksums(std::string bytes) {
    auto const put = [&bytes](std::size_t at, std::uint32_t value) {
        for (int i = 0; i < 4; ++i) bytes[at + static_cast<std::size_t>(i)] = static_cast<char>(value >> (24 - 8 * i));
    };
    put(8, crc32(std::string_view(bytes).substr(0, 8)));
    put(bytes.size() - 4, crc32(std::string_view(bytes).substr(0, bytes.size() - 4)));
    return bytes;
}

std::string const empty_frame = from_hex("000000100000000005c248eb7d98c8ff");
std::string const delta_frame = from_hex(
    "0000009400000057b4ab9aee0b3a6576656e742d74797065070011636f6e74656e74426c6f636b44656c74610d"
    "3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970"
    "650700056576656e747b22636f6e74656e74426c6f636b496e646578223a302c2264656c7461223a7b22746578"
    "74223a224869227d7d1f944657");
std::string const exception_frame = from_hex(
    "00000090000000618e91a9b70f3a657863657074696f6e2d747970650700137468726f74746c696e6745786365"
    "7074696f6e0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d65737361"
    "67652d74797065070009657863657074696f6e7b226d657373616765223a22546f6f206d616e79207265717565"
    "737473227de67f8005");

TEST(EventStream, ReadsAndWritesEveryKindOfHeader) {
    EventMessage const expected{
        {{"true", true, Type::true_value},
         {"false", false, Type::false_value},
         {"byte", std::int64_t{50}, Type::int8},
         {"short", std::int64_t{20'000}, Type::int16},
         {"int", std::int64_t{500'000}, Type::int32},
         {"long", std::int64_t{50'000'000'000}, Type::int64},
         {"bytes", "some bytes", Type::bytes},
         {"str", "some str", Type::string},
         {"time", std::int64_t{5'000'000'000}, Type::timestamp},
         {"uuid", from_hex("b79bc914de214e13b8b2bc47e85b7f0b"), Type::uuid}},
        "some payload"};
    auto const bytes = frame("valid_with_all_headers_and_payload");
    EXPECT_EQ(decode({bytes}), std::vector{expected});
    EXPECT_EQ(encode_event_message(expected), bytes);
}

TEST(EventStream, ReadsNegativeNumbers) {
    for (auto const [type, value] :
         {std::pair(Type::int8, std::int64_t{-1}), std::pair(Type::int16, std::int64_t{-32'768}),
          std::pair(Type::int32, std::int64_t{-5}),
          std::pair(Type::int64, std::numeric_limits<std::int64_t>::min())}) {
        EventMessage const message{{{"n", value, type}}, ""};
        EXPECT_EQ(decode({encode_event_message(message)}), std::vector{message});
    }
}

TEST(EventStream, ReadsTheSameMessagesHoweverTheBytesAreCut) {
    auto const whole = empty_frame + delta_frame + frame("valid_with_all_headers_and_payload") +
                       frame("valid_empty_payload") + frame("valid_no_headers") + exception_frame;
    auto const expected = decode({whole});
    ASSERT_TRUE(expected);
    ASSERT_EQ(expected->size(), 6U);
    EXPECT_EQ((*expected)[1].header(":event-type"), "contentBlockDelta");
    EXPECT_EQ((*expected)[1].payload, R"({"contentBlockIndex":0,"delta":{"text":"Hi"}})");
    EXPECT_EQ((*expected)[5].header(":exception-type"), "throttlingException");
    EXPECT_EQ((*expected)[5].header(":message-type"), "exception");

    std::string_view const text = whole;
    std::vector<std::string_view> bytes;
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        ASSERT_EQ(decode({text.substr(0, cut), text.substr(cut)}), expected) << cut;
        if (cut < text.size()) bytes.push_back(text.substr(cut, 1));
    }
    EXPECT_EQ(decode(bytes), expected);
}

TEST(EventStream, KnowsWhenAStreamWasCut) {
    std::string_view const whole = delta_frame;
    for (std::size_t size = 1; size < whole.size(); ++size) {
        EventStreamDecoder decoder;
        decoder.feed(whole.substr(0, size));
        ASSERT_FALSE(decoder.next().value()) << size;
        ASSERT_TRUE(decoder.is_mid_message()) << size;
    }
}

TEST(EventStream, RefusesEveryDamagedFrameOfTheVendorsSuite) {
    std::size_t seen = 0;
    for (auto const& [name, value] : test::vector_file("event_stream.json").as_object()) {
        if (!name.starts_with("invalid_")) continue;
        ++seen;
        EventStreamDecoder decoder;
        decoder.feed(from_hex(value.as_string()));
        EXPECT_EQ(decoder.next().error().code, Errc::invalid_argument) << name;
        decoder.feed(empty_frame);
        EXPECT_FALSE(decoder.next()) << name << ": a broken stream stays broken";
    }
    EXPECT_EQ(seen, 8U);
}

TEST(EventStream, RefusesMalformedHeadersWhoseChecksumsFit) {
    for (auto const* name : {"invalid_header_name_length_too_long", "invalid_header_value_type",
                             "invalid_header_string_length_cut_off",
                             "invalid_header_string_value_length"}) {
        EXPECT_EQ(decode({with_checksums(frame(name))}), std::nullopt) << name;
    }
    EventMessage const twice{{{"a", "1", Type::string}, {"a", "2", Type::string}}, ""};
    EXPECT_EQ(decode({encode_event_message(twice)}), std::nullopt);
    EventMessage const nameless{{{"", "1", Type::string}}, ""};
    EXPECT_EQ(decode({encode_event_message(nameless)}), std::nullopt);
}

TEST(EventStream, RefusesEveryFlippedBit) {
    for (std::size_t bit = 0; bit < delta_frame.size() * 8; ++bit) {
        auto damaged = delta_frame;
        damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
        EXPECT_EQ(decode({damaged}), std::nullopt) << bit;
    }
}

TEST(EventStream, RefusesContradictingLengths) {
    auto shrunk = delta_frame;
    shrunk[3] = 15;
    EXPECT_EQ(decode({with_checksums(shrunk)}), std::nullopt);
    auto headers_over_end = empty_frame;
    headers_over_end[7] = 1;
    EXPECT_EQ(decode({with_checksums(headers_over_end)}), std::nullopt);
}

TEST(EventStream, RefusesATooLargeMessageBeforeItArrives) {
    EventStreamDecoder decoder(delta_frame.size() - 1);
    decoder.feed(std::string_view(delta_frame).substr(0, 12));
    EXPECT_EQ(decoder.next().error().code, Errc::too_large);
    EXPECT_TRUE(decode({delta_frame}, delta_frame.size()));
}

}  // namespace
}  // namespace kaiwa::aws
