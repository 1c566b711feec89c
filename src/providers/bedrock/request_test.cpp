#include "providers/bedrock/completion_request.hpp"
#include "providers/bedrock/converse_request.hpp"
#include "providers/bedrock/replay.hpp"

#include <gtest/gtest.h>

namespace kaiwa::providers {
namespace {

llm::PromptMessage said(llm::Role role, std::string text) {
    llm::PromptMessage message;
    message.role = role;
    message.parts.emplace_back(llm::TextPart{std::move(text)});
    return message;
}

llm::PromptMessage shown(std::string media_type, std::string bytes) {
    llm::PromptMessage message;
    message.parts.emplace_back(llm::ImagePart{std::move(media_type), std::move(bytes)});
    return message;
}

std::string body_of(llm::CompletionRequest const& request, ConverseHabits const& habits = {}) {
    return converse_body(request, ConverseExtras(), habits);
}

llm::CompletionRequest asking(std::vector<llm::PromptMessage> messages) {
    llm::CompletionRequest request;
    request.model = "m";
    request.prompt.messages = std::move(messages);
    return request;
}

VendorError refusal(std::string message) {
    VendorError error;
    error.status = 400;
    error.message = std::move(message);
    return error;
}

TEST(ConverseRequest, SaysEverythingThatWasAsked) {
    auto request = asking({said(llm::Role::user, "空は?"), said(llm::Role::assistant, "青\"い\""),
                           said(llm::Role::user, "海は?")});
    request.prompt.system = "短く";
    request.parameters = {.temperature = 0.7, .top_p = 1, .max_tokens = 300};
    EXPECT_EQ(body_of(request),
              R"({"messages":[{"role":"user","content":[{"text":"空は?"}]},)"
              R"({"role":"assistant","content":[{"text":"青\"い\""}]},)"
              R"({"role":"user","content":[{"text":"海は?"}]}],"system":[{"text":"短く"}],)"
              R"("inferenceConfig":{"maxTokens":300,"temperature":0.7,"topP":1}})");
}

TEST(ConverseRequest, SendsOnlyWhatWasSet) {
    EXPECT_EQ(body_of(asking({said(llm::Role::user, "a")})),
              R"({"messages":[{"role":"user","content":[{"text":"a"}]}]})");
}

TEST(ConverseRequest, LetsRolesAlternateAndDropsEmptyText) {
    EXPECT_EQ(body_of(asking({said(llm::Role::assistant, "greeting"), said(llm::Role::user, "a"),
                              said(llm::Role::user, " \n"), said(llm::Role::user, "b"),
                              said(llm::Role::assistant, ""), said(llm::Role::user, "c")})),
              R"({"messages":[{"role":"user","content":[{"text":"a"},{"text":"b"},{"text":"c"}]}]})");
}

TEST(ConverseRequest, ShowsPicturesOrNamesThem) {
    auto const request = asking({shown("image/png", "\x89PNG")});
    EXPECT_EQ(body_of(request),
              R"({"messages":[{"role":"user","content":[)"
              R"({"image":{"format":"png","source":{"bytes":"iVBORw=="}}}]}]})");
    ConverseHabits blind;
    blind.no_pictures = true;
    EXPECT_TRUE(body_of(request, blind).contains("a picture that this model cannot see: image/png"));
    EXPECT_TRUE(body_of(asking({shown("image/tiff\"", "x")})).contains(R"(image/tiff\")"));
}

TEST(ConverseRequest, LeavesOutWhatTheModelRefuses) {
    auto request = asking({said(llm::Role::user, "a")});
    request.prompt.system = "短く";
    request.parameters = {.temperature = 0.7, .top_p = 1, .max_tokens = 9000};
    ConverseHabits habits;
    habits.no_temperature = habits.no_top_p = habits.no_system = true;
    habits.most_tokens = 4096;
    EXPECT_EQ(body_of(request, habits),
              R"({"messages":[{"role":"user","content":[{"text":"短く"},{"text":"a"}]}],)"
              R"("inferenceConfig":{"maxTokens":4096}})");
}

TEST(ConverseRequest, AddsWhatTheProviderIsConfiguredWith) {
    auto const extras = ConverseExtras::read({{"guardrail", "abc123"},
                                              {"guardrail_trace", "enabled"},
                                              {"guardrail_mode", "async"},
                                              {"additional_fields", R"({"top_k":5})"},
                                              {"latency", "optimized"},
                                              {"service_tier", "flex"}});
    ASSERT_TRUE(extras);
    auto const request = asking({said(llm::Role::user, "a")});
    EXPECT_EQ(converse_body(request, *extras, {}),
              R"({"messages":[{"role":"user","content":[{"text":"a"}]}],)"
              R"("guardrailConfig":{"guardrailIdentifier":"abc123","guardrailVersion":"DRAFT",)"
              R"("trace":"enabled","streamProcessingMode":"async"},)"
              R"("additionalModelRequestFields":{"top_k":5},)"
              R"("performanceConfig":{"latency":"optimized"},"serviceTier":{"type":"flex"}})");
    ConverseHabits whole;
    whole.no_stream = true;
    EXPECT_FALSE(converse_body(request, *extras, whole).contains("streamProcessingMode"));
}

TEST(ConverseRequest, SendsNoSamplingWhereClaudeThinks) {
    auto request = asking({said(llm::Role::user, "a")});
    request.parameters = {.temperature = 0.7, .top_p = 0.9, .max_tokens = 4096};
    auto const sent = [&](std::string fields) {
        auto const extras = ConverseExtras::read({{"additional_fields", std::move(fields)}});
        auto const body = converse_body(request, extras.value(), {});
        return body.contains("temperature") || body.contains("topP");
    };
    EXPECT_FALSE(sent(R"({"thinking":{"type":"enabled","budget_tokens":2048}})"));
    EXPECT_FALSE(sent(R"({"thinking":{"type":"adaptive"}})"));
    EXPECT_TRUE(sent(R"({"thinking":{"type":"disabled"}})"));
    EXPECT_TRUE(sent(R"({"thinking":true})"));
    EXPECT_TRUE(sent(R"({"top_k":5})"));
}

TEST(ConverseRequest, RefusesExtrasThatCannotBe) {
    for (auto const& [name, value] :
         {std::pair{"guardrail_trace", "loud"}, std::pair{"guardrail_mode", "later"},
          std::pair{"additional_fields", "[1]"}, std::pair{"additional_fields", "{"},
          std::pair{"latency", "zero"}, std::pair{"service_tier", "gold"}}) {
        auto const read = ConverseExtras::read({{name, value}});
        ASSERT_FALSE(read) << name;
        EXPECT_TRUE(read.error().message.starts_with(std::string(name) + ":"));
    }
}

TEST(ConverseRequest, ShowsSignedReasoningAgain) {
    auto request = asking({said(llm::Role::user, "a"), said(llm::Role::assistant, "b"),
                           said(llm::Role::user, "c")});
    request.prompt.messages[1].replay = replay_payload({{"hm \"yes\"", "c2ln", {}}, {{}, {}, "\x01\x02"}});
    EXPECT_TRUE(body_of(request).contains(
        R"({"role":"assistant","content":[)"
        R"({"reasoningContent":{"reasoningText":{"text":"hm \"yes\"","signature":"c2ln"}}},)"
        R"({"reasoningContent":{"redactedContent":"AQI="}},{"text":"b"}]})"));
    ConverseHabits habits;
    habits.no_replay = true;
    EXPECT_FALSE(body_of(request, habits).contains("reasoningContent"));
}

TEST(Replay, ReadsNothingFromWhatIsNoPayload) {
    for (auto const* payload :
         {"", "{}", "[1]", "[{}]", R"([{"text":"a"}])", R"([{"redacted":"**"}])",
          R"([{"redacted":7}])", R"([{"text":"a","signature":7}])", "[{"}) {
        EXPECT_TRUE(read_replay(payload).empty()) << payload;
    }
    EXPECT_TRUE(read_replay(std::string(max_replay_bytes + 1, ' ')).empty());
    EXPECT_EQ(replay_payload({{std::string(max_replay_bytes, 'a'), "s", {}}}), "");
    std::vector<ReasoningBlock> const blocks{{"a\n", "s", {}}, {{}, {}, std::string("\0\xFF", 2)}};
    EXPECT_EQ(read_replay(replay_payload(blocks)), blocks);
}

TEST(ConverseHabits, AreLearnedFromTheWordsOfRefusals) {
    auto request = asking({said(llm::Role::user, "a"), said(llm::Role::assistant, "b"),
                           shown("image/png", "p")});
    request.prompt.system = "s";
    request.prompt.messages[1].replay = "[]";
    request.parameters = {.temperature = 0.7, .top_p = 1, .max_tokens = 9000};
    auto const learn = [&](std::string words) {
        return habits_after({}, request, refusal(std::move(words)));
    };
    EXPECT_TRUE(learn("The model returned the following errors: `temperature` and `top_p` cannot "
                      "both be specified for this model. Please use only one.")
                    .no_top_p);
    EXPECT_TRUE(learn("`temperature` is deprecated for this model.").no_temperature);
    EXPECT_TRUE(learn("`temperature` may only be set to 1 when thinking is enabled").no_temperature);
    EXPECT_EQ(learn("The maximum tokens you requested exceeds the model limit of 4096. Try again "
                    "with a maximum tokens value that is lower than 4096.")
                  .most_tokens,
              4096);
    EXPECT_EQ(learn("max_tokens: 9000 > 8192, which is the maximum allowed number of output tokens")
                  .most_tokens,
              8192);
    EXPECT_TRUE(learn("This model doesn't support the system field. Remove it.").no_system);
    EXPECT_TRUE(learn("This model doesn't support the image field. Remove it.").no_pictures);
    EXPECT_TRUE(learn("This model doesn't support streaming.").no_stream);
    EXPECT_TRUE(learn("messages.1.content.0: Invalid `signature` in `thinking` block").no_replay);
    EXPECT_TRUE(learn("This model doesn't support the reasoningContent field.").no_replay);
    for (auto const* words : {"messages: at least one is required", "Input is too long",
                              "The system met something unexpected", "expected an image of 5 MB"}) {
        EXPECT_EQ(learn(words), ConverseHabits()) << words;
    }
    auto denied = refusal("`temperature` is deprecated for this model.");
    denied.status = 403;
    EXPECT_EQ(habits_after({}, request, denied), ConverseHabits());
}

TEST(ConverseHabits, EachRefusalTeachesSomethingNewOrIsFinal) {
    auto request = asking({said(llm::Role::user, "a")});
    request.parameters = {.temperature = 0.7, .top_p = {}, .max_tokens = 9000};
    auto const error = refusal("exceeds the model limit of 4096 tokens");
    auto const once = habits_after({}, request, error);
    EXPECT_EQ(habits_after(once, request, error), once);
    auto const hot = refusal("temperature is deprecated for this model");
    auto const cold = habits_after({}, request, hot);
    EXPECT_EQ(habits_after(cold, request, hot), cold);
}

TEST(CompletionRequest, WritesTheConversationAsOnePrompt) {
    auto request = asking({said(llm::Role::user, "空は?"), said(llm::Role::assistant, "青い"),
                           said(llm::Role::user, "海は?")});
    request.parameters = {.temperature = 0.5, .top_p = {}, .max_tokens = 200};
    EXPECT_EQ(completion_prompt_body(request, {}),
              R"({"prompt":"\n\nHuman: 空は?\n\nAssistant: 青い\n\nHuman: 海は?\n\nAssistant:",)"
              R"("max_tokens_to_sample":200,"temperature":0.5})");
    request.prompt.system = "短く";
    request.parameters = {};
    request.prompt.messages = {said(llm::Role::user, "a"), shown("image/png", "p")};
    EXPECT_EQ(completion_prompt_body(request, {}),
              R"({"prompt":"短く\n\nHuman: a\n\nHuman: [a picture that this model cannot see: )"
              R"(image/png, 1 bytes]\n\nAssistant:","max_tokens_to_sample":4096})");
}

}  // namespace
}  // namespace kaiwa::providers
