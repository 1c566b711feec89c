#include "providers/openai/decoder.hpp"

#include "tests/support/answers.hpp"

#include <gtest/gtest.h>

namespace kaiwa::providers {
namespace {

using test::Lines;
using test::Recording;

std::unique_ptr<AnswerDecoder> make_decoder() {
    return std::make_unique<OpenAiDecoder>(ThinkSplitter::Start::unknown);
}

/// What of an answer a person would see or a program would act on.
Lines content_of(Lines const& lines) {
    Lines content;
    for (auto const& line : lines) {
        if (!line.starts_with("usage") && !test::is_last(line)) content.push_back(line);
    }
    return content;
}

class OpenAiRecording : public testing::TestWithParam<Recording> {};

TEST_P(OpenAiRecording, MeansTheSameEventsHoweverItIsCut) {
    auto const& [name, body, events] = GetParam();
    std::string_view const whole = body;
    ASSERT_EQ(test::decoded(make_decoder, {whole}), events);

    for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
        ASSERT_EQ(test::decoded(make_decoder, {whole.substr(0, cut), whole.substr(cut)}), events) << "cut at " << cut;
    }
    for (auto const& [a, b] : test::cut_pairs(whole.size())) {
        std::vector<std::string_view> const pieces = {whole.substr(0, a), whole.substr(a, b - a), whole.substr(b)};
        ASSERT_EQ(test::decoded(make_decoder, pieces), events) << "cut at " << a << " and " << b;
    }
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < whole.size(); ++i) bytes.push_back(whole.substr(i, 1));
    EXPECT_EQ(test::decoded(make_decoder, bytes), events) << "byte by byte";
}

TEST_P(OpenAiRecording, NeverLooksCompleteWhenItEndsEarly) {
    auto const& [name, body, events] = GetParam();
    for (std::size_t size = 0; size < body.size(); ++size) {
        SCOPED_TRACE(size);
        auto const lines = test::decoded(make_decoder, {std::string_view(body).substr(0, size)});
        ASSERT_FALSE(lines.empty());
        ASSERT_TRUE(test::is_last(lines.back()));
        // Finished: then nothing of the answer is missing, and the server said how it ended.
        if (lines.back().starts_with("finished")) {
            EXPECT_EQ(content_of(lines), content_of(events));
            EXPECT_EQ(lines.back(), events.back());
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, OpenAiRecording, testing::ValuesIn(test::recordings_in(KAIWA_RECORDINGS)),
                         [](auto const& info) {
                             auto name = info.param.name.substr(0, info.param.name.find('.'));
                             return name;
                         });

TEST(OpenAiDecoder, AModelKnownToBeginInsideItsReasoningNeedsNoOpeningTag) {
    auto const make = [] { return std::make_unique<OpenAiDecoder>(ThinkSplitter::Start::thinking); };
    std::string const body = R"(data: {"choices":[{"delta":{"content":"うん\n</think>\n\n答え"},"finish_reason":"stop"}]})"
                             "\n\ndata: [DONE]\n\n";
    EXPECT_EQ(test::decoded(make, {body}), (Lines{"reasoning \"うん\\n\"", "text \"答え\"", "finished stop"}));
}

TEST(OpenAiDecoder, AnswersWithoutReasoningStayWholeWhenReasoningWasExpected) {
    auto const make = [] { return std::make_unique<OpenAiDecoder>(ThinkSplitter::Start::thinking); };
    std::string const body = R"(data: {"choices":[{"delta":{"content":"はい"},"finish_reason":"stop"}]})"
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
    std::string const event = "data: {\"choices\":[{\"delta\":{\"content\":\"" + std::string(std::size_t{1} << 20, 'x') + "\"}}]}\n\n";
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

}  // namespace
}  // namespace kaiwa::providers
