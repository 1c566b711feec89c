#include "providers/bedrock/completion_request.hpp"
#include "providers/bedrock/converse_decoder.hpp"
#include "tests/support/recording_tests.hpp"

#include <gtest/gtest.h>

namespace kaiwa::providers {
namespace {

using test::Recording;
using Form = EventStreamAnswer::Form;

/// A recording and the decoder that reads it.
struct Case {
    Recording recording;
    test::MakeDecoder make;
    std::string folder;
};

template <class Decoder>
void add_cases(std::vector<Case>& all, std::string const& folder, Form form) {
    for (auto& recording : test::recordings_in(std::string(KAIWA_RECORDINGS "/") + folder)) {
        auto const make = [form] { return std::make_unique<Decoder>(form); };
        all.push_back({std::move(recording), make, folder});
    }
}

std::vector<Case> all_cases() {
    std::vector<Case> all;
    add_cases<ConverseDecoder>(all, "converse", Form::events);
    add_cases<ConverseDecoder>(all, "converse_whole", Form::whole);
    add_cases<CompletionDecoder>(all, "completion", Form::events);
    add_cases<CompletionDecoder>(all, "completion_whole", Form::whole);
    return all;
}

std::vector<Case> streamed_cases() {
    auto all = all_cases();
    std::erase_if(all, [](Case const& item) { return item.folder.ends_with("_whole"); });
    return all;
}

std::string case_name(testing::TestParamInfo<Case> const& info) {
    auto const& name = info.param.recording.name;
    return info.param.folder + "_" + name.substr(0, name.find('.'));
}

class BedrockRecording : public testing::TestWithParam<Case> {};

TEST_P(BedrockRecording, MeansTheSameEventsHoweverItIsCut) {
    test::expect_same_however_cut(GetParam().make, GetParam().recording);
}

TEST_P(BedrockRecording, NeverLooksCompleteWhenItEndsEarly) {
    test::expect_never_complete_early(GetParam().make, GetParam().recording);
}

INSTANTIATE_TEST_SUITE_P(All, BedrockRecording, testing::ValuesIn(all_cases()), case_name);

class BedrockStream : public testing::TestWithParam<Case> {};

TEST_P(BedrockStream, IsNeverWholeWhenAByteOfItIsDamaged) {
    auto const& [recording, make, folder] = GetParam();
    bool const has_all = recording.events.back().starts_with("finished");
    for (std::size_t i = 0; i < recording.body.size(); ++i) {
        for (char const flip : {'\x01', '\x80', '\xFF'}) {
            auto body = recording.body;
            body[i] = static_cast<char>(body[i] ^ flip);
            auto const lines = test::decoded(make, {body});
            ASSERT_FALSE(lines.empty());
            ASSERT_TRUE(lines.back().starts_with("failed")) << "byte " << i;
            if (has_all) {
                ASSERT_TRUE(lines.back().starts_with("failed model_error") ||
                            lines.back().starts_with("failed network"))
                    << lines.back();
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, BedrockStream, testing::ValuesIn(streamed_cases()), case_name);

test::Lines decoded_whole(std::string_view body) {
    return test::decoded([] { return std::make_unique<ConverseDecoder>(Form::whole); }, {body});
}

TEST(ConverseWhole, IsNoAnswerWhenItIsNoneOfTheirs) {
    for (auto const* body : {"", "{}", "[]", "<html>", R"({"output":{"message":{"content":[{"te)",
                             R"({"message":"boom"})", "null"}) {
        EXPECT_TRUE(decoded_whole(body).back().starts_with("failed model_error")) << body;
    }
}

TEST(ConverseWhole, IsReadHoweverDeepItIs) {
    std::string deep;
    for (int i = 0; i < 200'000; ++i) deep += R"({"reasoningText":)";
    EXPECT_TRUE(decoded_whole(R"({"output":{"message":{"content":[{"reasoningContent":)" + deep)
                    .back()
                    .starts_with("failed"));
    deep.clear();
    for (int i = 0; i < 200'000; ++i) deep += R"({"message":)";
    EXPECT_TRUE(decoded_whole(R"({"output":)" + deep).back().starts_with("failed"));
}

}  // namespace
}  // namespace kaiwa::providers
