#include "providers/openai/openai_model.hpp"

#include "providers/openai/request.hpp"
#include "tests/support/ask_model.hpp"
#include "tests/support/memory_transport.hpp"
#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

namespace kaiwa::providers {
namespace {

using llm::FailureClass;
using test::Lines;
using test::MemoryAnswer;
using test::run_task;

std::string const hello =
    "data: {\"choices\":[{\"delta\":{\"content\":\"こんにちは\"}}]}\n\n"
    "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
    "data: [DONE]\n\n";

class OpenAiModelTest : public testing::Test {
protected:
    std::shared_ptr<llm::ChatModel> make(std::string base_url = "http://h/v1",
                                         std::string key = "sk-planted") {
        llm::ProviderConfig config;
        config.name = "local";
        config.base_url = std::move(base_url);
        config.api_key = Secret(std::move(key));
        return make_openai(config, transport).value();
    }

    Lines ask(llm::ChatModel& model, llm::Parameters parameters = {}) {
        llm::CompletionRequest request;
        request.model = "m";
        request.parameters = parameters;
        return run_task(test::collect(model, std::move(request)));
    }

    llm::Failure refusal(unsigned status, std::string body, http::Headers headers = {}) {
        MemoryAnswer answer;
        answer.status = status;
        answer.headers = std::move(headers);
        answer.pieces.push_back(std::move(body));
        transport.answers.emplace_back(std::move(answer));
        auto stream = run_task(make()->start({}));
        return stream ? llm::Failure() : stream.error();
    }

    test::MemoryTransport transport;
};

asio::awaitable<Lines> read_in_rounds(llm::ChatModel& model) {
    Lines lines;
    auto stream = co_await model.start({});
    for (bool last = false; !last;) {
        auto event = (*stream)->ready();
        if (!event) {
            lines.push_back("waits");
            event = co_await (*stream)->next();
        }
        lines.push_back(test::described(*event));
        last = test::is_last(lines.back());
    }
    co_return lines;
}

TEST_F(OpenAiModelTest, HasWhatArrivedTogetherReady) {
    auto const chunk = [](std::string text) {
        return "data: {\"choices\":[{\"delta\":{\"content\":\"" + text + "\"}}]}\n\n";
    };
    MemoryAnswer answer;
    answer.pieces = {chunk("a") + chunk("b"), chunk("c") + hello};
    transport.answers.emplace_back(std::move(answer));
    auto const model = make();
    EXPECT_EQ(run_task(read_in_rounds(*model)),
              (Lines{"waits", "text \"a\"", "text \"b\"", "waits", "text \"c\"",
                     "text \"こんにちは\"", "waits", "finished stop"}));
}

TEST_F(OpenAiModelTest, AsksAndReadsAnAnswer) {
    transport.answer(200, hello);
    EXPECT_EQ(ask(*make()), (Lines{"text \"こんにちは\"", "finished stop"}));
    auto const& request = transport.requests.at(0);
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.url, "http://h/v1/chat/completions");
    EXPECT_EQ(request.headers.get("authorization"), "Bearer sk-planted");
    EXPECT_EQ(request.headers.get("content-type"), "application/json");
}

TEST_F(OpenAiModelTest, AnAnswerThatBreaksAtAnyByteIsANetworkFailureUnlessItsEndWasSaid) {
    for (std::size_t size = 0; size < hello.size(); ++size) {
        SCOPED_TRACE(size);
        MemoryAnswer answer;
        if (size > 0) answer.pieces.push_back(hello.substr(0, size));
        answer.broken = Error{Errc::unavailable, "the connection broke", "broken"};
        transport.answers.emplace_back(std::move(answer));
        auto const lines = ask(*make());
        bool const end_was_said = size >= hello.find("data: [DONE]");
        EXPECT_EQ(lines.back(),
                  end_was_said ? "finished stop" : "failed network \"the connection broke\"");
    }
}

TEST_F(OpenAiModelTest, AStopIsCancelledEvenWhenTheEndWasSaid) {
    MemoryAnswer answer;
    answer.pieces.push_back(hello.substr(0, hello.find("data: [DONE]")));
    answer.broken = Error{Errc::cancelled, "stopped", {}};
    transport.answers.emplace_back(std::move(answer));
    EXPECT_EQ(ask(*make()).back(), "failed cancelled \"stopped\"");
}

TEST_F(OpenAiModelTest, FinishesWhenTheServerLeavesTheConnectionOpenBehindTheAnswer) {
    for (auto const& said : {hello, hello.substr(0, hello.find("data: [DONE]"))}) {
        MemoryAnswer answer;
        answer.pieces.push_back(said);
        answer.stays_open = true;
        transport.answers.emplace_back(std::move(answer));
        EXPECT_EQ(ask(*make()), (Lines{"text \"こんにちは\"", "finished stop"}));
    }
}

TEST_F(OpenAiModelTest, FinishesThoughTheServerNeverStopsSendingBehindTheAnswer) {
    MemoryAnswer answer;
    answer.pieces.push_back(hello);
    answer.stays_open = true;
    answer.comment_every = std::chrono::milliseconds(5);
    transport.answers.emplace_back(std::move(answer));
    auto const begun = std::chrono::steady_clock::now();
    EXPECT_EQ(ask(*make()).back(), "finished stop");
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
}

TEST_F(OpenAiModelTest, KeepsTheKeyOutOfAFailureInsideAnAnswer) {
    transport.answer(200, "data: {\"error\":{\"message\":\"bad key sk-planted\"}}\n\n");
    auto const lines = ask(*make());
    EXPECT_FALSE(lines.back().contains("sk-planted")) << lines.back();
    EXPECT_TRUE(lines.back().contains("bad key ***")) << lines.back();
}

asio::awaitable<void> ask_and_note(llm::ChatModel& model, std::string& last) {
    auto stream = co_await model.start({});
    while (!test::is_last(last)) {
        auto const event = co_await (*stream)->next();
        last = test::described(event);
    }
}

TEST_F(OpenAiModelTest, AStopEndsTheWaitForTheEndMark) {
    MemoryAnswer answer;
    answer.pieces.push_back(hello.substr(0, hello.find("data: [DONE]")));
    answer.stays_open = true;
    transport.answers.emplace_back(std::move(answer));
    asio::io_context io;
    asio::cancellation_signal stop;
    auto const model = make();
    std::string last;
    bool clean = false;
    spawn(io.get_executor(), stop.slot(), ask_and_note(*model, last),
          [&](std::exception_ptr escaped) { clean = escaped == nullptr; });
    io.poll();
    stop.emit(asio::cancellation_type::terminal);
    io.run_for(std::chrono::seconds(1));

    EXPECT_TRUE(clean);
    EXPECT_TRUE(last.starts_with("failed cancelled"));
}

TEST_F(OpenAiModelTest, LearnsOnceWhatTheModelRefuses) {
    auto const model = make();
    transport.answer(
        400,
        R"({"error":{"message":"Unsupported value: 'temperature' does not support 0.5 with this model.","param":"temperature","code":"unsupported_value"}})");
    transport.answer(
        400,
        R"({"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","param":"max_tokens","code":"unsupported_parameter"}})");
    transport.answer(200, hello);
    transport.answer(200, hello);
    llm::Parameters parameters;
    parameters.temperature = 0.5;
    parameters.max_tokens = 9;

    EXPECT_EQ(ask(*model, parameters).back(), "finished stop");
    EXPECT_EQ(ask(*model, parameters).back(), "finished stop");

    ASSERT_EQ(transport.requests.size(), 4u);
    EXPECT_TRUE(transport.requests[0].body.contains("temperature"));
    for (std::size_t i : {2u, 3u}) {
        EXPECT_FALSE(transport.requests[i].body.contains("temperature"));
        EXPECT_TRUE(transport.requests[i].body.contains("\"max_completion_tokens\":9"));
    }
}

std::string const thinks =
    "data: "
    "{\"choices\":[{\"delta\":{\"content\":\"hm\\n</"
    "think>\\nyes\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
Lines const split_answer{"reasoning \"hm\\n\"", "text \"yes\"", "finished stop"};

TEST_F(OpenAiModelTest, LearnsFromAnswersInARowThatATemplateWritesTheOpeningTag) {
    auto const model = make();
    for (unsigned i = 0; i < ModelHabits::sure_after; ++i) {
        transport.answer(200, thinks);
        EXPECT_NE(ask(*model), split_answer) << i;
    }
    transport.answer(200, thinks);
    EXPECT_EQ(ask(*model), split_answer);

    transport.answer(200, hello);  // without a block: it was learned wrongly
    ask(*model);
    transport.answer(200, thinks);
    EXPECT_NE(ask(*model), split_answer);
}

TEST_F(OpenAiModelTest, AnswersThatOnlySpeakOfTheClosingTagTeachNothing) {
    auto const model = make();
    for (unsigned i = 0; i < 2 * ModelHabits::sure_after; ++i) {
        transport.answer(200, i % 2 == 0 ? thinks : hello);
        EXPECT_NE(ask(*model), split_answer) << "now and then: " << i;
    }
    for (unsigned i = 0; i < 2 * ModelHabits::sure_after; ++i) {
        transport.answer(200, thinks);
        llm::CompletionRequest request;
        request.model = "m";
        request.prompt.system = "Write </think> on a line of its own.";
        EXPECT_NE(run_task(test::collect(*model, std::move(request))), split_answer)
            << "asked for: " << i;
    }
}

TEST_F(OpenAiModelTest, ClassesWhatServersRefuse) {
    struct Case {
        unsigned status;
        char const* body;
        FailureClass kind;
    };
    for (
        auto const& [status, body, kind] :
        {Case{401, R"({"error":{"message":"bad key","code":"invalid_api_key"}})",
              FailureClass::auth},
         Case{401, R"({"error":"Unauthorized"})", FailureClass::auth},
         Case{403, "", FailureClass::auth},
         Case{404, R"({"error":{"message":"no m","code":"model_not_found"}})",
              FailureClass::not_found},
         Case{404, R"({"detail":"Not Found"})", FailureClass::not_found},
         Case{
             400,
             R"({"error":{"message":"This model's maximum context length is 8192 tokens","code":"context_length_exceeded"}})",
             FailureClass::context_length},
         Case{
             400,
             R"({"object":"error","message":"maximum context length is 4096","type":"BadRequestError","code":400})",
             FailureClass::context_length},
         Case{429, R"({"error":{"message":"quota","code":"insufficient_quota"}})",
              FailureClass::quota},
         Case{
             429,
             R"({"error":{"message":"tokens per minute; context window","code":"rate_limit_exceeded"}})",
             FailureClass::rate_limited},
         Case{429, R"({"error":{"message":"slow down","code":"context_length_exceeded"}})",
              FailureClass::rate_limited},
         Case{402, R"({"error":{"message":"no credit","code":402}})", FailureClass::quota},
         Case{422, R"({"detail":[{"loc":["body","messages"],"msg":"field required"}]})",
              FailureClass::invalid},
         Case{503, R"({"error":{"code":503,"message":"Loading model","type":"unavailable_error"}})",
              FailureClass::overloaded},
         Case{529, "", FailureClass::overloaded},
         Case{504, "<html>gateway</html>", FailureClass::timeout},
         Case{500, R"({"message":"boom"})", FailureClass::model_error},
         Case{502, "bad gateway", FailureClass::model_error},
         Case{302, "", FailureClass::invalid}}) {
        auto const failure = refusal(status, body);
        EXPECT_EQ(failure.kind, kind) << status << ' ' << body << " is " << to_string(failure.kind);
        EXPECT_FALSE(failure.message.empty());
    }
}

TEST_F(OpenAiModelTest, TellsTheServersWordsItsAdviceAndItsRequestIdButNeverTheKey) {
    http::Headers headers{{"Retry-After", "2"}, {"x-request-id", "req_9"}};
    auto const failure =
        refusal(429, R"({"error":{"message":"Key sk-planted\nis busy"}})", headers);
    EXPECT_EQ(failure.message, "Key *** is busy (HTTP 429)");
    EXPECT_EQ(failure.retry_after, std::chrono::seconds(2));
    EXPECT_EQ(failure.provider_request_id, "req_9");
}

TEST_F(OpenAiModelTest, TellsWhyNoConnectionWasMade) {
    EXPECT_EQ(ask(*make()), (Lines{"failed network \"nothing listens there\""}));
    transport.answers.emplace_back(fail(Errc::forbidden, "10.0.0.1 is not allowed"));
    EXPECT_EQ(ask(*make()), (Lines{"failed invalid \"10.0.0.1 is not allowed\""}));
}

TEST_F(OpenAiModelTest, SendsAzureItsKeyInItsOwnHeader) {
    auto const base = "https://r.openai.azure.com";
    transport.answer(200, hello);
    ask(*make(base));
    EXPECT_EQ(transport.requests.back().headers.get("api-key"), "sk-planted");
    EXPECT_FALSE(transport.requests.back().headers.has("authorization"));
    transport.answer(200, hello);
    ask(*make(base, "eyJ0.e.t"));
    EXPECT_EQ(transport.requests.back().headers.get("authorization"), "Bearer eyJ0.e.t");
}

TEST_F(OpenAiModelTest, TakesTheAddressThatAzuresPortalShows) {
    auto const model = make(
        "https://r.openai.azure.com/openai/deployments/my-gpt/chat/completions"
        "?api-version=2024-10-21");
    transport.answer(200, R"({"data":[{"id":"gpt-4o-2024-08-06"}]})");
    auto const models = run_task(model->list());
    ASSERT_TRUE(models);
    EXPECT_EQ(transport.requests.back().url,
              "https://r.openai.azure.com/openai/models?api-version=2024-10-21");
    ASSERT_EQ(models->size(), 1u);
    EXPECT_EQ(models->front().id, "my-gpt");
    transport.answer(200, hello);
    ask(*model);
    EXPECT_EQ(transport.requests.back().url,
              "https://r.openai.azure.com/openai/deployments/my-gpt/chat/completions"
              "?api-version=2024-10-21");
    transport.answer(200, hello);
    ask(*make("https://r.openai.azure.com/openai/responses?api-version=2025-04-01-preview"));
    EXPECT_TRUE(transport.requests.back().url.starts_with(
        "https://r.openai.azure.com/openai/deployments/"))
        << transport.requests.back().url;
}

TEST_F(OpenAiModelTest, ListsModelsOfEveryDialect) {
    auto const list = [&](std::string body) {
        transport.answer(200, std::move(body));
        std::string shown;
        auto const models = run_task(make()->list());
        if (!models) return "failed: " + models.error().message;
        for (auto const& model : *models) {
            shown += model.id + ' ' + model.name + ' ' +
                     (model.window ? std::to_string(*model.window) : "-") + ';';
        }
        return shown;
    };
    EXPECT_EQ(list(R"({"object":"list","data":[{"id":"a"},{"id":"b","object":"model"}]})"),
              "a a -;b b -;");
    EXPECT_EQ(list(R"({"data":[{"id":"q","max_model_len":32768,"owned_by":"vllm"}]})"),
              "q q 32768;");
    EXPECT_EQ(list(R"({"data":[{"id":"v/m","name":"M","context_length":131072}]})"),
              "v/m M 131072;");
    EXPECT_EQ(list(R"([{"id":"t"}])"), "t t -;");
    EXPECT_EQ(list(R"({"object":"list"})"), "");
    EXPECT_EQ(
        list("<html>"),
        "failed: it answered with a web page, not with JSON; check the base URL, and whether a "
        "proxy or a sign-in page stands before it");
}

TEST_F(OpenAiModelTest, AsksLlamaCppForItsRealWindow) {
    transport.answer(
        200, R"({"data":[{"id":"g","owned_by":"llamacpp","meta":{"n_ctx_train":131072}}]})");
    transport.answer(
        200, R"({"default_generation_settings":{"n_ctx":8192},"modalities":{"vision":true}})");
    auto const models = run_task(make()->list());
    ASSERT_TRUE(models);
    EXPECT_EQ(models->front().window, 8192);
    EXPECT_EQ(models->front().sees_images, true);
    EXPECT_EQ(transport.requests.back().url, "http://h/props");
}

TEST_F(OpenAiModelTest, WaitsTenSilentMinutesUnlessToldOtherwise) {
    transport.answer(200, hello);
    ask(*make());
    EXPECT_GT(transport.requests.back().deadlines.idle, std::chrono::minutes(10));
    EXPECT_GT(transport.requests.back().deadlines.first_byte, std::chrono::minutes(10));

    llm::ProviderConfig config;
    config.base_url = "http://h/v1";
    config.options = {{"idle_ms", "700"}};
    transport.answer(200, hello);
    ask(*make_openai(config, transport).value());
    EXPECT_EQ(transport.requests.back().deadlines.idle, std::chrono::milliseconds(700));
    config.options = {{"idle_ms", "soon"}};
    EXPECT_EQ(make_openai(config, transport).error().message,
              "idle_ms: expected 1 to 86400000 milliseconds");
}

TEST_F(OpenAiModelTest, RefusesAKeyThatWouldBreakTheRequest) {
    llm::ProviderConfig config;
    config.base_url = "http://h/v1";
    config.api_key = Secret("a\r\nX-Evil: 1");
    auto const made = make_openai(config, transport);
    ASSERT_FALSE(made);
    EXPECT_TRUE(made.error().message.starts_with("api_key:"));
    EXPECT_FALSE(made.error().message.contains("Evil"));
}

}  // namespace
}  // namespace kaiwa::providers
