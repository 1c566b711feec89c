#include "providers/openai/decoder.hpp"

#include "tests/support/recording_tests.hpp"

#include <gtest/gtest.h>

namespace kaiwa::providers {
namespace {

using test::Lines;
using test::Recording;

std::unique_ptr<AnswerDecoder> make_decoder() {
    return std::make_unique<OpenAiDecoder>(ThinkSplitter::Start::unknown);
}

class OpenAiRecording : public testing::TestWithParam<Recording> {};

TEST_P(OpenAiRecording, MeansTheSameEventsHoweverItIsCut) {
    test::expect_same_however_cut(make_decoder, GetParam());
}

TEST_P(OpenAiRecording, NeverLooksCompleteWhenItEndsEarly) {
    test::expect_never_complete_early(make_decoder, GetParam());
}

INSTANTIATE_TEST_SUITE_P(All, OpenAiRecording,
                         testing::ValuesIn(test::recordings_in(KAIWA_RECORDINGS)),
                         test::recording_name);

TEST(OpenAiDecoder, AnEndBehindNothingButGarbageIsAFailure) {
    for (auto const* body : {"data: [DONE]\n\n", ": ping\n\ndata: [[[[\n\ndata: [DONE]\n\n"}) {
        auto const lines = test::decoded(make_decoder, {body});
        ASSERT_EQ(lines.size(), 1u) << body;
        EXPECT_TRUE(lines.front().starts_with("failed model_error")) << lines.front();
    }
    std::string const silent =
        R"(data: {"choices":[{"delta":{},"finish_reason":"stop"}]})"
        "\n\ndata: [DONE]\n\n";
    EXPECT_EQ(test::decoded(make_decoder, {silent}), (Lines{"finished stop"}));
}

TEST(OpenAiDecoder, AModelKnownToBeginInsideItsReasoningNeedsNoOpeningTag) {
    auto const make = [] {
        return std::make_unique<OpenAiDecoder>(ThinkSplitter::Start::thinking);
    };
    std::string const body =
        R"(data: {"choices":[{"delta":{"content":"うん\n</think>\n\n答え"},"finish_reason":"stop"}]})"
        "\n\ndata: [DONE]\n\n";
    EXPECT_EQ(test::decoded(make, {body}),
              (Lines{"reasoning \"うん\\n\"", "text \"答え\"", "finished stop"}));
}

TEST(OpenAiDecoder, AnswersWithoutReasoningStayWholeWhenReasoningWasExpected) {
    auto const make = [] {
        return std::make_unique<OpenAiDecoder>(ThinkSplitter::Start::thinking);
    };
    std::string const body =
        R"(data: {"choices":[{"delta":{"content":"はい"},"finish_reason":"stop"}]})"
        "\n\ndata: [DONE]\n\n";
    auto const lines = test::decoded(make, {body});
    EXPECT_EQ(lines.back(), "finished stop");
    EXPECT_EQ(lines[lines.size() - 2], "text \"はい\"");
}

TEST(OpenAiDecoder, GivesUpOnAnEventThatNeverEnds) {
    auto decoder = make_decoder();
    std::string const start = "data: {\"choices\":[{\"delta\":{\"content\":\"";
    decoder->feed(start);
    EXPECT_FALSE(decoder->next());
    std::string const more(std::size_t{1} << 20, 'x');
    for (int i = 0; i < 20; ++i) {
        decoder->feed(more);
        if (auto event = decoder->next()) {
            EXPECT_EQ(event->error().kind, llm::FailureClass::model_error);
            return;
        }
    }
    FAIL() << "20 MiB were held";
}

TEST(OpenAiDecoder, GivesUpOnAnAnswerThatNeverEnds) {
    auto decoder = make_decoder();
    std::string const event = "data: {\"choices\":[{\"delta\":{\"content\":\"" +
                              std::string(std::size_t{1} << 20, 'x') + "\"}}]}\n\n";
    for (int i = 0; i < 20; ++i) {
        decoder->feed(event);
        while (auto next = decoder->next()) {
            if (!*next) return;
        }
    }
    FAIL() << "20 MiB were handed out";
}

TEST(OpenAiDecoder, NestsAsDeepAsAServerLikesWithoutHarm) {
    std::string deep = "data: {\"choices\":" + std::string(100'000, '[') + "\n\n";
    auto const lines = test::decoded(make_decoder, {deep});
    EXPECT_TRUE(lines.back().starts_with("failed"));
}

TEST(OpenAiDecoder, PartsInsidePartsAreReadOnceAndNotAsDeepAsAServerLikes) {
    constexpr std::size_t levels = 200'000;
    std::string deep = R"(data: {"choices":[{"delta":{"content":[{"thinking":[{"text":"a"},)";
    for (std::size_t i = 0; i < levels; ++i) deep += R"({"thinking":[)";
    for (std::size_t i = 0; i < levels; ++i) deep += "]}";
    deep += R"(]}]},"finish_reason":"stop"}]})"
            "\n\ndata: [DONE]\n\n";
    EXPECT_EQ(test::decoded(make_decoder, {deep}), (Lines{"reasoning \"a\"", "finished stop"}));
}

std::string tool_chunk(std::string const& fragment) {
    return R"(data: {"choices":[{"delta":{"tool_calls":[)" + fragment + "]}}]}\n\n";
}

TEST(OpenAiDecoder, GivesUpOnCallsWithoutEnd) {
    std::string names, numbers;
    auto const long_name = std::string(64 * 1024, 'n');
    for (int i = 0; i < 1'000; ++i) {
        auto const id = std::to_string(i);
        numbers += tool_chunk(R"({"index":)" + id + R"(,"id":"c)" + id + R"("})");
        if (i < 20)
            names +=
                tool_chunk(R"({"id":"c)" + id + R"(","function":{"name":")" + long_name + "\"}}");
    }
    EXPECT_TRUE(test::decoded(make_decoder, {names}).back().contains("1 MiB"));
    EXPECT_TRUE(test::decoded(make_decoder, {numbers}).back().contains("128"));
}

TEST(OpenAiDecoder, GivesUpOnArgumentsThatMustBeLookedThroughAgainAndAgain) {
    std::string body =
        tool_chunk(R"({"index":0,"id":"c","function":{"name":"f","arguments":"{\"a\":\"}"}})");
    body +=
        tool_chunk(R"({"index":0,"function":{"arguments":")" + std::string(500'000, 'x') + "}\"}}");
    for (int i = 0; i < 100; ++i)
        body += tool_chunk(R"({"index":0,"function":{"arguments":"{}"}})");
    EXPECT_TRUE(test::decoded(make_decoder, {body}).back().contains("1 MiB"));
}

}  // namespace
}  // namespace kaiwa::providers
