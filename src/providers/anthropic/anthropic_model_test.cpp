#include "providers/anthropic/anthropic_model.hpp"

#include "providers/anthropic/request.hpp"
#include "tests/support/ask_model.hpp"
#include "tests/support/memory_transport.hpp"
#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

namespace kaiwa::providers {
namespace {

using test::Lines;
using test::run_task;

std::string const hello =
    "event: content_block_delta\ndata: "
    "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":"
    "\"hi\"}}\n\n"
    "event: message_delta\ndata: "
    "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n"
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

class AnthropicModelTest : public testing::Test {
protected:
    std::shared_ptr<llm::ChatModel> make(std::string base_url = {}) {
        llm::ProviderConfig config;
        config.base_url = std::move(base_url);
        config.api_key = Secret("sk-ant-planted");
        return make_anthropic(config, transport).value();
    }

    Lines ask(llm::ChatModel& model, llm::CompletionRequest request = {}) {
        return run_task(test::collect(model, std::move(request)));
    }

    test::MemoryTransport transport;
};

llm::PromptMessage said(llm::Role role, std::string text) {
    llm::PromptMessage message;
    message.role = role;
    message.parts.emplace_back(llm::TextPart{std::move(text)});
    return message;
}

TEST_F(AnthropicModelTest, AsksAndReadsAnAnswer) {
    transport.answer(200, hello);
    EXPECT_EQ(ask(*make()), (Lines{"text \"hi\"", "finished stop"}));
    auto const& request = transport.requests.at(0);
    EXPECT_EQ(request.url, "https://api.anthropic.com/v1/messages");
    EXPECT_EQ(request.headers.get("x-api-key"), "sk-ant-planted");
    EXPECT_EQ(request.headers.get("anthropic-version"), "2023-06-01");
    transport.answer(200, hello);
    ask(*make("http://127.0.0.1:9/proxy"));
    EXPECT_EQ(transport.requests.back().url, "http://127.0.0.1:9/proxy/v1/messages");
}

TEST_F(AnthropicModelTest, SaysEverythingThatWasAskedButNoEmptyText) {
    llm::CompletionRequest request;
    request.model = "c";
    request.prompt.system = "短く";
    request.prompt.messages = {said(llm::Role::user, "空\"は?"), said(llm::Role::assistant, " \n"),
                               said(llm::Role::user, "海は?")};
    request.prompt.messages.back().parts.emplace_back(llm::ImagePart{"image/gif", "GIF"});
    request.parameters.temperature = 0.5;
    EXPECT_EQ(
        messages_body(request, AnthropicHabits()),
        R"({"model":"c","stream":true,"max_tokens":8192,"temperature":0.5,"system":"短く","messages":[)"
        R"({"role":"user","content":[{"type":"text","text":"空\"は?"}]},)"
        R"({"role":"user","content":[{"type":"text","text":"海は?"},)"
        R"({"type":"image","source":{"type":"base64","media_type":"image/gif","data":"R0lG"}}]}]})");
}

TEST_F(AnthropicModelTest, LearnsItsLimitAndWhatItRefuses) {
    auto const model = make();
    transport.answer(
        400,
        R"({"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: 8192 > 4096, which is the maximum allowed number of output tokens for c"}})");
    transport.answer(
        400,
        R"({"type":"error","error":{"type":"invalid_request_error","message":"`temperature` and `top_p` cannot both be specified for this model."}})");
    transport.answer(200, hello);
    llm::CompletionRequest request;
    request.parameters.temperature = 0.5;
    request.parameters.top_p = 0.9;

    EXPECT_EQ(ask(*model, request).back(), "finished stop");

    auto const& body = transport.requests.back().body;
    EXPECT_TRUE(body.contains("\"max_tokens\":4096"));
    EXPECT_TRUE(body.contains("temperature"));
    EXPECT_FALSE(body.contains("top_p"));
}

TEST_F(AnthropicModelTest, ClassesWhatItRefuses) {
    transport.answer(
        529, R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})");
    EXPECT_EQ(ask(*make()), (Lines{"failed overloaded \"Overloaded (HTTP 529)\""}));
    transport.answer(
        401,
        R"({"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key sk-ant-planted"}})");
    EXPECT_EQ(ask(*make()), (Lines{"failed auth \"invalid x-api-key *** (HTTP 401)\""}));
    transport.answer(
        400,
        R"({"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens > 8 maximum"}})");
    EXPECT_TRUE(ask(*make()).back().starts_with("failed context_length"));
    transport.answer(
        400,
        R"({"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low"}})");
    EXPECT_TRUE(ask(*make()).back().starts_with("failed quota"));
}

TEST_F(AnthropicModelTest, AnAnswerThatBreaksAtAnyByteIsANetworkFailureUnlessItsEndWasSaid) {
    auto const end_was_said = hello.find("event: message_stop");
    for (std::size_t size = 1; size < hello.size(); ++size) {
        SCOPED_TRACE(size);
        test::MemoryAnswer answer;
        answer.pieces.push_back(hello.substr(0, size));
        answer.broken = Error{Errc::unavailable, "the connection broke", "broken"};
        transport.answers.emplace_back(std::move(answer));
        EXPECT_EQ(ask(*make()).back(), size >= end_was_said
                                           ? "finished stop"
                                           : "failed network \"the connection broke\"");
    }
}

TEST_F(AnthropicModelTest, ListsAllPages) {
    transport.answer(200,
                     R"({"data":[{"id":"a","display_name":"A"}],"has_more":true,"last_id":"a"})");
    transport.answer(
        200, R"({"data":[{"id":"b","max_input_tokens":1000000}],"has_more":false,"last_id":"b"})");
    auto const models = run_task(make()->list());
    ASSERT_TRUE(models);
    ASSERT_EQ(models->size(), 2u);
    EXPECT_EQ(models->at(0).name, "A");
    EXPECT_EQ(models->at(0).window, 200'000);
    EXPECT_EQ(models->at(1).window, 1'000'000);
    EXPECT_EQ(transport.requests.back().url,
              "https://api.anthropic.com/v1/models?limit=100&after_id=a");
}

}  // namespace
}  // namespace kaiwa::providers
