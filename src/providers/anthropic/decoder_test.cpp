#include "providers/anthropic/decoder.hpp"

#include "tests/support/recording_tests.hpp"

#include <gtest/gtest.h>

namespace kaiwa::providers {
namespace {

using test::Recording;

std::unique_ptr<AnswerDecoder> make_decoder() {
    return std::make_unique<AnthropicDecoder>();
}

class AnthropicRecording : public testing::TestWithParam<Recording> {};

TEST_P(AnthropicRecording, MeansTheSameEventsHoweverItIsCut) {
    test::expect_same_however_cut(make_decoder, GetParam());
}

TEST_P(AnthropicRecording, NeverLooksCompleteWhenItEndsEarly) {
    test::expect_never_complete_early(make_decoder, GetParam());
}

INSTANTIATE_TEST_SUITE_P(All, AnthropicRecording,
                         testing::ValuesIn(test::recordings_in(KAIWA_RECORDINGS)),
                         test::recording_name);

TEST(AnthropicDecoder, GivesUpOnToolsWithoutEnd) {
    auto const start = [](int index, std::size_t bytes) {
        return R"(data: {"type":"content_block_start","index":)" + std::to_string(index) +
               R"(,"content_block":{"type":"tool_use","id":"t","name":")" +
               std::string(bytes, 'n') + "\",\"input\":{}}}\n\n";
    };
    std::string many, large;
    for (int i = 0; i < 200; ++i) many += start(i, 1);
    for (int i = 0; i < 20; ++i) large += start(i, 100'000);
    for (auto const& body : {many, large})
        EXPECT_TRUE(test::decoded(make_decoder, {body}).back().contains("more than 128"));
}

}  // namespace
}  // namespace kaiwa::providers
