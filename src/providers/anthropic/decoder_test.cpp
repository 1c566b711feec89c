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

}  // namespace
}  // namespace kaiwa::providers
