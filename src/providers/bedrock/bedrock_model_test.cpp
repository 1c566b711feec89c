#include "providers/bedrock/bedrock_model.hpp"

#include "providers/bedrock/failures.hpp"

#include "providers/bedrock/bedrock_fixture.hpp"
#include "tests/support/ask_model.hpp"
#include "tests/support/run_task.hpp"

#include <fmt/format.h>

namespace kaiwa::providers {
namespace {

using test::Lines;
using test::MemoryAnswer;
using test::run_task;

std::string const hello = test::file_text(KAIWA_RECORDINGS "/converse/text.bin");
Lines const hello_lines = {"text \"Hel\"", "text \"lo \"", "text \"é🌍\"", "usage 10 3 - -",
                           "finished stop"};

class BedrockModelTest : public BedrockFixture {
protected:
    Result<std::shared_ptr<llm::ChatModel>> make(llm::ProviderConfig config) {
        return make_bedrock(config, services());
    }

    static llm::CompletionRequest question(std::string model) {
        llm::CompletionRequest request;
        request.model = std::move(model);
        llm::PromptMessage message;
        message.parts.emplace_back(llm::TextPart{"hi"});
        request.prompt.messages.push_back(std::move(message));
        return request;
    }
    Lines ask(llm::ChatModel& model, std::string id = "amazon.nova-lite-v1:0") {
        return run_task(test::collect(model, question(std::move(id))));
    }
};

TEST_F(BedrockModelTest, AsksSignedAndReadsAnAnswer) {
    transport.answer(200, hello);
    auto const model = make(in_region()).value();
    EXPECT_EQ(ask(*model), hello_lines);
    auto const& request = transport.requests.at(0);
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.url,
              "https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.nova-lite-v1%3A0/"
              "converse-stream");
    EXPECT_EQ(request.body, R"({"messages":[{"role":"user","content":[{"text":"hi"}]}]})");
    EXPECT_TRUE(request.headers.get("authorization").contains("Credential=AKID/"));
    EXPECT_TRUE(request.headers.get("authorization").contains("/us-east-1/bedrock/aws4_request"));
    EXPECT_EQ(request.headers.get("x-amz-security-token"), "token");
    EXPECT_EQ(expected, (std::vector<std::string>{"https://bedrock-runtime.us-east-1.amazonaws.com",
                                                  "https://bedrock.us-east-1.amazonaws.com"}));
}

TEST_F(BedrockModelTest, SignsForTheProfileAndTheRegionOfItsAccount) {
    transport.answer(200, hello);
    auto config = in_region({{"profile", "DEV"}});
    config.options.erase("region");
    auto const model = make(config).value();
    EXPECT_EQ(ask(*model).back(), "finished stop");
    EXPECT_TRUE(transport.requests.at(0).url.contains("bedrock-runtime.eu-west-1.amazonaws.com"));
    EXPECT_TRUE(transport.requests.at(0).headers.get("authorization").contains("=AKIDDEV/"));
}

TEST_F(BedrockModelTest, CallsTheKindOfEndpointThatItsAccountAsksFor) {
    variables["AWS_USE_FIPS_ENDPOINT"] = "true";
    auto const asked = [&](llm::ProviderConfig config) {
        transport.answer(200, hello);
        auto const model = make(std::move(config)).value();
        EXPECT_EQ(ask(*model).back(), "finished stop");
        return transport.requests.back().url;
    };
    EXPECT_TRUE(asked(in_region()).starts_with("https://bedrock-runtime-fips.us-east-1."));
    EXPECT_TRUE(asked(in_region({{"fips", "false"}})).starts_with("https://bedrock-runtime.us-"));
    // Nobody is called while the kind is not known, unless the configuration names it all.
    variables["unreadable"] = "true";
    auto const model = make(in_region()).value();
    auto const said = ask(*model).back();
    EXPECT_TRUE(said.contains("failed")) << said;
    EXPECT_EQ(transport.requests.size(), 2u);
    asked(in_region({{"fips", "true"}, {"dual_stack", "false"}}));
    auto config = in_region();
    config.base_url = "https://bedrock-runtime-fips.us-east-1.amazonaws.com";
    config.options["control_endpoint"] = "https://bedrock-fips.us-east-1.amazonaws.com";
    asked(config);
    variables.erase("unreadable");
    transport.answer(200, hello);
    EXPECT_EQ(ask(*model).back(), "finished stop");
}

TEST_F(BedrockModelTest, ShowsAnApiKeyAsBearer) {
    transport.answer(200, hello);
    auto config = in_region();
    config.api_key = Secret("ABSK-planted");
    ask(*make(config).value());
    EXPECT_EQ(transport.requests.at(0).headers.get("authorization"), "Bearer ABSK-planted");
    EXPECT_FALSE(transport.requests.at(0).headers.has("x-amz-security-token"));

    refuse(403, "AccessDeniedException", "key ABSK-planted is wrong");
    EXPECT_EQ(ask(*make(config).value()),
              (Lines{"failed auth \"key *** is wrong (AccessDeniedException)\""}));
}

TEST_F(BedrockModelTest, ShowsTheMachinesKeyOnlyWhereItBelongs) {
    variables["AWS_BEARER_TOKEN_BEDROCK"] = "machine-key";
    auto const shown = [&](llm::ProviderConfig config) {
        transport.answer(200, hello);
        ask(*make(std::move(config)).value());
        return transport.requests.back().headers.get("authorization") == "Bearer machine-key";
    };
    EXPECT_TRUE(shown(in_region()));
    EXPECT_FALSE(shown(in_region({{"profile", "dev"}})));
    auto config = in_region();
    config.base_url = "http://127.0.0.1:9";
    EXPECT_TRUE(shown(config));
    config.origin = llm::ProviderOrigin::store;
    EXPECT_FALSE(shown(config));
    config.base_url.clear();
    EXPECT_TRUE(shown(config));
}

TEST_F(BedrockModelTest, ShowsTheMachinesKeyToAwssOwnAddressesOnly) {
    variables["AWS_BEARER_TOKEN_BEDROCK"] = "machine-key";
    auto const shown = [&](std::string runtime, std::string control) {
        auto config = in_region();
        config.origin = llm::ProviderOrigin::store;
        config.base_url = std::move(runtime);
        if (!control.empty()) config.options["control_endpoint"] = std::move(control);
        transport.answer(200, hello);
        ask(*make(std::move(config)).value());
        return transport.requests.back().headers.get("authorization") == "Bearer machine-key";
    };
    for (std::string const rest : {".us-east-1.amazonaws.com", "-fips.us-east-1.amazonaws.com",
                                   ".us-east-1.api.aws", "-fips.us-east-1.api.aws"})
        EXPECT_TRUE(shown("https://bedrock-runtime" + rest, "https://bedrock" + rest)) << rest;
    auto const runtime = "https://bedrock-runtime.us-east-1.amazonaws.com";
    auto const control = "https://bedrock.us-east-1.amazonaws.com";
    EXPECT_TRUE(shown(runtime, ""));
    EXPECT_TRUE(shown("", control));
    for (auto const& [scheme, rest] : {std::pair("http", ".us-east-1.amazonaws.com"),
                                       std::pair("https", ".us-east-1.amazonaws.com.evil.test"),
                                       std::pair("https", ".us-east-1.amazonaws.com:8443"),
                                       std::pair("https", ".eu-west-1.amazonaws.com"),
                                       std::pair("https", ".evil.test")}) {
        EXPECT_FALSE(shown(fmt::format("{}://bedrock-runtime{}", scheme, rest), control)) << rest;
        auto const foreign = fmt::format("{}://bedrock{}", scheme, rest);
        EXPECT_FALSE(shown(runtime, foreign)) << foreign;
        EXPECT_FALSE(shown("", foreign)) << foreign;
    }
}

TEST_F(BedrockModelTest, LearnsOnceWhatTheModelRefuses) {
    auto const model = make(in_region()).value();
    refuse(400, "ValidationException", "This model doesn't support the system field.");
    transport.answer(200, hello);
    transport.answer(200, hello);
    auto request = question("m");
    request.prompt.system = "short";
    for (int i = 0; i < 2; ++i)
        EXPECT_EQ(run_task(test::collect(*model, request)).back(), "finished stop");
    ASSERT_EQ(transport.requests.size(), 3u);
    EXPECT_TRUE(transport.requests[0].body.contains("\"system\""));
    EXPECT_FALSE(transport.requests[1].body.contains("\"system\""));
    EXPECT_FALSE(transport.requests[2].body.contains("\"system\""));
}

TEST_F(BedrockModelTest, AsksForAWholeAnswerWhereTheModelDoesNotStream) {
    auto const model = make(in_region()).value();
    refuse(400, "ValidationException", "The model is unsupported for streaming.");
    MemoryAnswer answer;
    answer.headers.add("Content-Type", "application/json");
    answer.pieces = {R"({"output":{"message":{"content":[{"text":"hey"}]}},)",
                     R"("stopReason":"end_turn"})"};
    transport.answers.emplace_back(std::move(answer));
    EXPECT_EQ(ask(*model, "m"), (Lines{"text \"hey\"", "finished stop"}));
    EXPECT_TRUE(transport.requests.back().url.ends_with("/model/m/converse"));
}

TEST_F(BedrockModelTest, AsksOlderModelsInTheirOwnForm) {
    transport.answer(200, test::file_text(KAIWA_RECORDINGS "/completion/text.bin"));
    auto const model = make(in_region({{"guardrail", "gr1"}})).value();
    EXPECT_EQ(ask(*model, "anthropic.claude-v2:1"),
              (Lines{"text \"Hel\"", "text \"lo\"", "usage 10 3 - -", "finished stop"}));
    auto const& request = transport.requests.back();
    EXPECT_TRUE(request.url.ends_with("/anthropic.claude-v2%3A1/invoke-with-response-stream"));
    EXPECT_EQ(request.headers.get("X-Amzn-Bedrock-GuardrailIdentifier"), "gr1");
    EXPECT_EQ(request.body,
              R"({"prompt":"\n\nHuman: hi\n\nAssistant:","max_tokens_to_sample":4096})");

    transport.answer(200, hello);
    auto const none = make(in_region({{"legacy_models", ""}})).value();
    ask(*none, "anthropic.claude-v2:1");
    EXPECT_TRUE(transport.requests.back().url.ends_with("/converse-stream"));
}

TEST_F(BedrockModelTest, TellsTheOperatorAloneWhatNamesTheAccount) {
    std::string const words =
        "User: arn:aws:sts::123456789012:assumed-role/kaiwa/i-0abc is not authorized";
    refuse(403, "AccessDeniedException", words);
    auto const model = make(in_region()).value();
    auto const stream = run_task(model->start(question("m")));
    ASSERT_FALSE(stream);
    EXPECT_EQ(stream.error().kind, llm::FailureClass::auth);
    EXPECT_EQ(stream.error().message,
              "Bedrock refuses this server; its log says why (AccessDeniedException)");
    EXPECT_EQ(stream.error().for_operator, words + " (AccessDeniedException)");
    EXPECT_EQ(llm::words_for_operator(stream.error()), stream.error().for_operator);

    auto const payload = R"({"message":"no access to arn:aws:bedrock:us-east-1:123456789012:x"})";
    auto const late = failure_in_stream("validationException", {}, payload);
    EXPECT_EQ(late.message,
              "Bedrock broke the answer off; the server's log says why (validationException)");
    EXPECT_TRUE(late.for_operator.contains("123456789012"));
}

TEST_F(BedrockModelTest, PassesOnTheServicesAdviceAndRequestId) {
    refuse(429, "ThrottlingException", "slow down", {{"Retry-After", "2"}});
    auto const model = make(in_region()).value();
    auto const stream = run_task(model->start(question("m")));
    ASSERT_FALSE(stream);
    EXPECT_EQ(stream.error().kind, llm::FailureClass::rate_limited);
    EXPECT_EQ(stream.error().retry_after, std::chrono::seconds(2));
    EXPECT_EQ(stream.error().provider_request_id, "req-1");
    EXPECT_EQ(transport.requests.size(), 1u) << "retries are the retrying model's";
}

TEST_F(BedrockModelTest, AnAnswerThatBreaksAtAnyByteIsANetworkFailureUnlessItsEndWasSaid) {
    auto const model = make(in_region()).value();
    auto const end_was_said = hello.find("messageStop");
    for (std::size_t size = 0; size < hello.size(); size += 7) {
        MemoryAnswer answer;
        if (size > 0) answer.pieces.push_back(hello.substr(0, size));
        answer.broken = Error{Errc::unavailable, "the connection broke", "broken"};
        transport.answers.emplace_back(std::move(answer));
        auto const last = ask(*model).back();
        if (size <= end_was_said) {
            EXPECT_EQ(last, "failed network \"the connection broke\"") << size;
        } else {
            EXPECT_TRUE(test::is_last(last));
        }
    }
}

TEST_F(BedrockModelTest, ListsProfilesOfAllPagesAndKeepsTheListForTenMinutes) {
    auto const answer_lists = [&] {
        transport.answer(
            200,
            R"({"modelSummaries":[{"modelId":"a.b-v1:0","modelName":"B","outputModalities":["TEXT"],"inferenceTypesSupported":["ON_DEMAND"],"responseStreamingSupported":false}]})");
        transport.answer(
            200,
            R"({"inferenceProfileSummaries":[{"inferenceProfileId":"us.a.b-v1:0","inferenceProfileName":"US B"}],"nextToken":"a b"})");
        transport.answer(
            200,
            R"({"inferenceProfileSummaries":[{"inferenceProfileId":"eu.a.b-v1:0","inferenceProfileName":"EU B"}]})");
    };
    answer_lists();
    auto const model = make(in_region()).value();
    auto const models = run_task(model->list()).value();
    ASSERT_EQ(models.size(), 3u);
    EXPECT_EQ(models[0].id, "us.a.b-v1:0");
    EXPECT_EQ(models[2].id, "a.b-v1:0");
    EXPECT_EQ(transport.requests.at(0).url,
              "https://bedrock.us-east-1.amazonaws.com/foundation-models");
    EXPECT_EQ(
        transport.requests.at(2).url,
        "https://bedrock.us-east-1.amazonaws.com/inference-profiles?maxResults=1000&nextToken=a%20b");
    EXPECT_EQ(run_task(model->list())->size(), 3u);
    EXPECT_EQ(transport.requests.size(), 3u);
    clock.advance(std::chrono::minutes(11));
    answer_lists();
    EXPECT_TRUE(run_task(model->list()));
    EXPECT_EQ(transport.requests.size(), 6u);

    MemoryAnswer whole;
    whole.headers.add("Content-Type", "application/json");
    whole.pieces = {R"({"output":{"message":{"content":[]}},"stopReason":"end_turn"})"};
    transport.answers.emplace_back(std::move(whole));
    EXPECT_EQ(ask(*model, "a.b-v1:0"), (Lines{"finished stop"}));
    EXPECT_TRUE(transport.requests.back().url.ends_with("/converse")) << "it does not stream";
}

TEST_F(BedrockModelTest, OffersWhatIsNamedWhereTheAccountMayNotList) {
    auto config = in_region();
    config.models = {"anthropic.claude-3-haiku-20240307-v1:0", "us.*"};
    auto const refuse_both = [&] {
        refuse(403, "AccessDeniedException", "not authorized to perform bedrock:ListFoundationModels");
        refuse(403, "AccessDeniedException", "not authorized to perform bedrock:ListInferenceProfiles");
    };
    refuse_both();
    auto const model = make(config).value();
    auto const models = run_task(model->list());
    ASSERT_TRUE(models);
    EXPECT_TRUE(models->empty());
    EXPECT_TRUE(model->notice()->message.contains("those named in the configuration are offered"));
    EXPECT_TRUE(model->notice()->message.contains("bedrock:ListFoundationModels"));

    constexpr char const* ours = "User: arn:aws:sts::123456789012:assumed-role/site/x may not";
    refuse(403, "AccessDeniedException", ours);
    refuse(403, "AccessDeniedException", ours);
    auto const named = make(config).value();
    EXPECT_TRUE(run_task(named->list()));
    EXPECT_FALSE(named->notice()->message.contains("arn:")) << "it is for everybody";
    EXPECT_TRUE(named->notice()->for_operator.contains(ours));

    config.models = {"us.*"};
    refuse_both();
    auto const none = make(config).value();
    auto const failed = run_task(none->list());
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().kind, llm::FailureClass::auth);
}

TEST_F(BedrockModelTest, ListsWhatItMayAndSaysWhatIsMissing) {
    transport.answer(
        200,
        R"({"modelSummaries":[{"modelId":"a.b-v1:0","outputModalities":["TEXT"],"inferenceTypesSupported":["ON_DEMAND"]}]})");
    refuse(403, "AccessDeniedException", "no profiles");
    auto const model = make(in_region()).value();
    EXPECT_EQ(run_task(model->list())->size(), 1u);
    EXPECT_TRUE(model->notice()->message.contains("not whole"));

    refuse(403, "UnrecognizedClientException", "who are you");
    auto const stranger = make(in_region()).value();
    EXPECT_EQ(run_task(stranger->list()).error().kind, llm::FailureClass::auth);
}

TEST_F(BedrockModelTest, RefusesAConfigurationThatCannotBe) {
    auto const problem = [&](std::map<std::string, std::string> options) {
        return make(in_region(std::move(options))).error().message;
    };
    EXPECT_EQ(problem({{"list", "some"}}), "list: expected versioned or all");
    EXPECT_TRUE(problem({{"region", "us east"}}).starts_with("region:"));
    EXPECT_TRUE(problem({{"guardrail", "a\r\nb"}}).starts_with("guardrail:"));
    EXPECT_TRUE(problem({{"latency", "none"}}).starts_with("latency:"));
    EXPECT_TRUE(problem({{"idle_ms", "soon"}}).starts_with("idle_ms:"));
    auto config = in_region();
    config.api_key = Secret("a\nb");
    EXPECT_TRUE(make(config).error().message.starts_with("api_key:"));
}

}  // namespace
}  // namespace kaiwa::providers
