#include "providers/openai/request.hpp"

#include "providers/openai/address.hpp"

#include <gtest/gtest.h>

namespace kaiwa::providers {
namespace {

llm::PromptMessage said(llm::Role role, std::string text) {
    llm::PromptMessage message;
    message.role = role;
    message.parts.emplace_back(llm::TextPart{std::move(text)});
    return message;
}

llm::CompletionRequest asking() {
    llm::CompletionRequest request;
    request.model = "m";
    request.prompt.system = "短く";
    request.prompt.messages = {said(llm::Role::user, "空は?"),
                               said(llm::Role::assistant, "青\"い\""),
                               said(llm::Role::user, "海は?")};
    request.parameters.temperature = 0.7;
    request.parameters.top_p = 1;
    request.parameters.max_tokens = 300;
    return request;
}

VendorError refusal(std::string message, std::string param = {}, std::string code = {}) {
    VendorError error;
    error.status = 400;
    error.message = std::move(message);
    error.param = std::move(param);
    error.code = std::move(code);
    return error;
}

TEST(OpenAiRequest, SaysEverythingThatWasAsked) {
    EXPECT_EQ(completion_body(asking(), RequestStyle(), ModelHabits()),
              R"({"model":"m","stream":true,"stream_options":{"include_usage":true},)"
              R"("temperature":0.7,"top_p":1,"max_tokens":300,)"
              R"("messages":[{"role":"system","content":"短く"},{"role":"user","content":"空は?"},)"
              R"({"role":"assistant","content":"青\"い\""},{"role":"user","content":"海は?"}]})");
}

TEST(OpenAiRequest, LeavesOutWhatTheModelRefuses) {
    ModelHabits habits;
    habits.no_temperature = habits.no_top_p = habits.no_stream_options = true;
    habits.other_max_tokens = habits.no_system_role = true;
    EXPECT_EQ(completion_body(asking(), RequestStyle(), habits),
              R"({"model":"m","stream":true,"max_completion_tokens":300,)"
              R"("messages":[{"role":"user","content":"短く\n\n空は?"},)"
              R"({"role":"assistant","content":"青\"い\""},{"role":"user","content":"海は?"}]})");
}

TEST(OpenAiRequest, SendsPicturesAsDataAddresses) {
    llm::CompletionRequest request;
    request.model = "m";
    auto message = said(llm::Role::user, "これは?");
    message.parts.emplace_back(llm::ImagePart{"image/png", "\x89PNG"});
    request.prompt.messages.push_back(std::move(message));
    EXPECT_TRUE(
        completion_body(request, RequestStyle(), ModelHabits())
            .ends_with(
                R"([{"role":"user","content":[{"type":"text","text":"これは?"},)"
                R"({"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw=="}}]}]})"));
}

TEST(OpenAiRequest, LearnsWhatAModelRefusesFromTheWordsOfManyServers) {
    auto const learn = [](VendorError const& error) {
        return habits_after({}, asking(), RequestStyle(), error);
    };
    EXPECT_TRUE(
        learn(refusal("Unsupported parameter: 'max_tokens' is not supported with this model. Use "
                      "'max_completion_tokens' instead.",
                      "max_tokens", "unsupported_parameter"))
            .other_max_tokens);
    EXPECT_TRUE(learn(refusal("Unsupported value: 'temperature' does not support 0.7 with this "
                              "model. Only the default "
                              "(1) value is supported.",
                              "temperature", "unsupported_value"))
                    .no_temperature);
    EXPECT_TRUE(learn(refusal("`temperature` and `top_p` cannot both be specified for this model."))
                    .no_top_p);
    EXPECT_TRUE(
        learn(refusal("'stream_options': Extra inputs are not permitted")).no_stream_options);
    EXPECT_TRUE(learn(refusal("System role not supported")).no_system_role);
}

TEST(OpenAiRequest, LearnsNothingFromARefusedValueOrAnotherError) {
    auto const learn = [](VendorError const& error) {
        return habits_after({}, asking(), RequestStyle(), error);
    };
    EXPECT_EQ(
        learn(refusal(
            "max_tokens is too large: 300. This model supports at most 256 completion tokens.",
            "max_tokens", "invalid_value")),
        ModelHabits());
    EXPECT_EQ(learn(refusal("The model is not supported")), ModelHabits());
    auto limited = refusal("temperature is unsupported");
    limited.status = 429;
    EXPECT_EQ(learn(limited), ModelHabits());
}

TEST(OpenAiRequest, NeverLearnsTheSameTwiceSoThatRetriesEnd) {
    ModelHabits habits;
    auto const error = refusal(
        "Unsupported: max_tokens, max_completion_tokens, temperature, top_p, stream_options");
    for (int i = 0; i < 10; ++i) {
        auto const learned = habits_after(habits, asking(), RequestStyle(), error);
        if (learned == habits) return;
        habits = learned;
    }
    FAIL() << "still learning";
}

OpenAiAddress address(std::string base_url) {
    llm::ProviderConfig config;
    config.base_url = std::move(base_url);
    return OpenAiAddress::read(config).value();
}

TEST(OpenAiAddress, CompletesWhatPeopleWrite) {
    EXPECT_EQ(address("").completions("m"), "https://api.openai.com/v1/chat/completions");
    EXPECT_EQ(address("http://127.0.0.1:11434").completions("m"),
              "http://127.0.0.1:11434/v1/chat/completions");
    EXPECT_EQ(address("http://h:1/v1/").models(), "http://h:1/v1/models");
    EXPECT_EQ(address("http://h//api//v1/chat/completions").completions("m"),
              "http://h/api/v1/chat/completions");
    EXPECT_EQ(address("https://[::1]:8/x").models(), "https://[::1]:8/x/models");
}

TEST(OpenAiAddress, KnowsTheFormsOfAzure) {
    EXPECT_EQ(address("https://r.openai.azure.com").completions("gpt 4"),
              "https://r.openai.azure.com/openai/deployments/gpt%204/chat/"
              "completions?api-version=2024-10-21");
    EXPECT_EQ(address("https://r.openai.azure.com/openai/v1").completions("d"),
              "https://r.openai.azure.com/openai/v1/chat/completions");
    auto const one =
        address("https://r.openai.azure.com/openai/deployments/d?api-version=2025-01-01");
    EXPECT_EQ(
        one.completions("any"),
        "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2025-01-01");
    EXPECT_EQ(one.models(), "https://r.openai.azure.com/openai/models?api-version=2025-01-01");
    EXPECT_EQ(address("https://r.openai.azure.com?api-version=preview").completions("d"),
              "https://r.openai.azure.com/openai/v1/chat/completions?api-version=preview");
    EXPECT_FALSE(one.style().names_model);
    // A proxy of the company's in front of it is told by the version.
    EXPECT_EQ(address("http://127.0.0.1:9/openai?api-version=1").completions("d"),
              "http://127.0.0.1:9/openai/deployments/d/chat/completions?api-version=1");
}

TEST(OpenAiAddress, RefusesWhatIsNoAddressOfAServer) {
    for (auto const* text : {"localhost:1234", "ftp://h/v1", "http://user:pw@h/v1", "http://h/v1#x",
                             "http:///v1", "/v1", "http://h\r\nx/v1", "file:///etc/passwd"}) {
        llm::ProviderConfig config;
        config.base_url = text;
        auto const read = OpenAiAddress::read(config);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().code, Errc::invalid_argument) << text;
        EXPECT_TRUE(read.error().message.starts_with("base_url:")) << text;
    }
}

}  // namespace
}  // namespace kaiwa::providers
