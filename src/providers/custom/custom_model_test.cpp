#include "providers/custom/custom_model.hpp"

#include "providers/custom/dialect.hpp"
#include "tests/support/answers.hpp"
#include "tests/support/memory_transport.hpp"
#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

namespace kaiwa::providers {
namespace {

using test::Lines;
using test::run_task;

llm::PromptMessage said(llm::Role role, std::string text) {
    llm::PromptMessage message;
    message.role = role;
    message.parts.emplace_back(llm::TextPart{std::move(text)});
    return message;
}

llm::CompletionRequest asking() {
    llm::CompletionRequest request;
    request.prompt.messages = {said(llm::Role::user, "空を見て"),
                               said(llm::Role::assistant, "はい"), said(llm::Role::user, "色は?")};
    return request;
}

class CustomModelTest : public testing::Test {
protected:
    std::shared_ptr<llm::ChatModel> make(std::string base_url,
                                         std::map<std::string, std::string> options = {}) {
        llm::ProviderConfig config;
        config.name = "own";
        config.base_url = std::move(base_url);
        config.options = std::move(options);
        return make_custom(config, transport).value();
    }

    static asio::awaitable<Lines> collect(llm::ChatModel& model) {
        Lines lines;
        auto stream = co_await model.start(asking());
        if (!stream) {
            llm::Outcome<llm::Event> const failed = std::unexpected(stream.error());
            lines.push_back(test::described(failed));
            co_return lines;
        }
        while (lines.empty() || !test::is_last(lines.back())) {
            auto const event = co_await (*stream)->next();
            lines.push_back(test::described(event));
        }
        co_return lines;
    }

    test::MemoryTransport transport;
};

TEST_F(CustomModelTest, AsksWithTheHistoryBeforeTheNewMessageAndAnswersInOnePiece) {
    transport.answer(200, R"({"success":true,"response":"青です。"})");
    EXPECT_EQ(run_task(collect(*make("http://h//prod/"))),
              (Lines{"text \"青です。\"", "finished stop"}));
    auto const& request = transport.requests.at(0);
    EXPECT_EQ(request.url, "http://h/prod/chat");
    EXPECT_EQ(request.deadlines.total, std::chrono::seconds(25));
    EXPECT_EQ(
        request.body,
        R"({"message":"色は?","conversationHistory":[{"role":"user","content":"空を見て"},{"role":"assistant","content":"はい"}]})");
}

TEST_F(CustomModelTest, FindsTheServersThatGenerateAndRemembersThem) {
    auto const model = make("http://h");
    transport.answer(404, R"({"detail":"Not Found"})");
    transport.answer(200, R"({"generated_text":"青","response_time":0.5})");
    transport.answer(200, R"({"generated_text":"緑","response_time":0.5})");
    EXPECT_EQ(run_task(collect(*model)).front(), "text \"青\"");
    EXPECT_EQ(run_task(collect(*model)).front(), "text \"緑\"");
    ASSERT_EQ(transport.requests.size(), 3u);
    EXPECT_EQ(transport.requests[1].url, "http://h/generate");
    EXPECT_EQ(transport.requests[2].url, "http://h/generate");
    EXPECT_EQ(
        transport.requests[2].body,
        R"({"prompt":"User: 空を見て\nAssistant: はい\nUser: 色は?\nAssistant:","max_new_tokens":512,"do_sample":true})");
}

TEST_F(CustomModelTest, UsesTheAddressAsItIsWhenTheFormIsNamed) {
    transport.answer(200, R"({"result":"青"})");
    std::map<std::string, std::string> const options = {{"form", "prompt"}};
    EXPECT_EQ(run_task(collect(*make("http://h/infer?x=1", options))).front(), "text \"青\"");
    EXPECT_EQ(transport.requests[0].url, "http://h/infer?x=1");
}

TEST_F(CustomModelTest, TellsClearlyWhatFailed) {
    auto const model = make("http://h/chat");
    transport.answers.emplace_back(fail(Errc::timed_out, "no answer within 25 s"));
    EXPECT_EQ(run_task(collect(*model)).back(), "failed timeout \"no answer within 25 s\"");
    transport.answer(500, R"({"success":false,"message":"GPU が足りません"})");
    EXPECT_EQ(run_task(collect(*model)).back(),
              "failed model_error \"GPU が足りません (HTTP 500)\"");
    transport.answer(200, R"({"success":false,"error":"queue full"})");
    EXPECT_EQ(run_task(collect(*model)).back(), "failed model_error \"queue full\"");
    transport.answer(200, R"({"answer":"x"})");
    EXPECT_EQ(run_task(collect(*model)).back(),
              "failed model_error \"the answer has no \\\"response\\\", \\\"result\\\" or "
              "\\\"generated_text\\\"\"");
    transport.answer(200, R"({"response":"cut)");
    EXPECT_EQ(run_task(collect(*model)).back(),
              "failed model_error \"the answer is no JSON object\"");
}

TEST_F(CustomModelTest, ReadsEveryShapeOfAnswer) {
    for (auto const* body :
         {R"({"response":"x"})", R"({"result":"x"})", R"({"generated_text":"x"})",
          R"({"output_text":"x"})", R"({"statusCode":200,"body":"{\"response\":\"x\"}"})"}) {
        EXPECT_EQ(read_custom_answer(body).value_or("failed"), "x") << body;
    }
    EXPECT_EQ(read_custom_answer("{\"response\":\"a\xFF\"}").value(), "a\xEF\xBF\xBD");
}

TEST_F(CustomModelTest, InstructionsGoBeforeTheFirstWordsOfTheUser) {
    auto request = asking();
    request.prompt.system = "短く";
    EXPECT_TRUE(custom_body(CustomForm::chat, request)
                    .contains(R"({"role":"user","content":"短く\n\n空を見て"})"));
    request.parameters.temperature = 0;
    request.parameters.top_p = 0.9;
    EXPECT_TRUE(
        custom_body(CustomForm::generate, request).ends_with(R"("do_sample":false,"top_p":0.9})"));
}

TEST_F(CustomModelTest, IsThereWhenAnythingAnswers) {
    transport.answer(405, "");
    auto const models = run_task(make("http://h")->list());
    ASSERT_TRUE(models);
    EXPECT_EQ(models->front().id, "default");
    EXPECT_FALSE(run_task(make("http://h")->list()));
}

}  // namespace
}  // namespace kaiwa::providers
