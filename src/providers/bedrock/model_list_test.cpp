#include "providers/bedrock/model_list.hpp"

#include "providers/bedrock/endpoints.hpp"
#include "providers/bedrock/failures.hpp"

#include <gtest/gtest.h>

namespace kaiwa::providers {
namespace {

using llm::FailureClass;

std::string const foundation = R"({"modelSummaries":[
 {"modelId":"a.claude-3-haiku-v1:0","modelName":"Haiku","modelArn":"arn:aws:bedrock:us-east-1::foundation-model/a.claude-3-haiku-v1:0",
  "inputModalities":["TEXT","IMAGE"],"outputModalities":["TEXT"],"inferenceTypesSupported":["ON_DEMAND"],"modelLifecycle":{"status":"ACTIVE"}},
 {"modelId":"a.claude-3-haiku-v1:0:48k","modelName":"Haiku","inputModalities":["TEXT"],"outputModalities":["TEXT"],"inferenceTypesSupported":["ON_DEMAND"]},
 {"modelId":"a.sonnet-v1:0","modelName":"Sonnet","inputModalities":["TEXT"],"outputModalities":["TEXT"],"inferenceTypesSupported":["INFERENCE_PROFILE"],"responseStreamingSupported":false},
 {"modelId":"a.image-v1:0","outputModalities":["IMAGE"],"inferenceTypesSupported":["ON_DEMAND"]},
 {"modelId":"o.gpt-oss","outputModalities":["TEXT"],"inferenceTypesSupported":["ON_DEMAND"],"modelLifecycle":{"status":"LEGACY"}},
 7,{},{"modelId":9}]})";

std::string const profile_page = R"({"inferenceProfileSummaries":[
 {"inferenceProfileId":"us.a.sonnet-v1:0","inferenceProfileName":"US Sonnet","inferenceProfileArn":"arn:x","type":"SYSTEM_DEFINED","status":"ACTIVE",
  "models":[{"modelArn":"arn:aws:bedrock:us-west-2::foundation-model/a.sonnet-v1:0"}]},
 {"inferenceProfileId":"abc","inferenceProfileName":"team","inferenceProfileArn":"arn:aws:bedrock:us-east-1:1:application-inference-profile/abc","type":"APPLICATION","status":"ACTIVE",
  "models":[{"modelArn":"arn:aws:bedrock:us-east-1::foundation-model/a.claude-3-haiku-v1:0"}]},
 {"inferenceProfileId":"us.a.image-v1:0","inferenceProfileName":"US Image","type":"SYSTEM_DEFINED","models":[{"modelArn":"arn:aws:bedrock:us-east-1::foundation-model/a.image-v1:0"}]},
 {"inferenceProfileId":"old","status":"INACTIVE"},null],"nextToken":"t=="})";

std::string shown(std::vector<llm::ModelInfo> const& models) {
    std::string out;
    for (auto const& model : models) {
        out += model.id + '|' + model.name + '|' +
               (!model.sees_images ? "?" : *model.sees_images ? "sees" : "blind") + '\n';
    }
    return out;
}

TEST(BedrockList, PutsProfilesFirstAndLeavesOutWhatWritesNoText) {
    auto const models = read_foundation_models(foundation).value();
    auto const page = read_profiles(profile_page).value();
    EXPECT_EQ(page.next, "t==");
    EXPECT_EQ(shown(merged_models(models, page.profiles, ModelFilter::versioned)),
              "us.a.sonnet-v1:0|US Sonnet|blind\n"
              "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc|team|sees\n"
              "a.claude-3-haiku-v1:0|Haiku|sees\n");
    EXPECT_TRUE(shown(merged_models(models, page.profiles, ModelFilter::all))
                    .ends_with("a.claude-3-haiku-v1:0:48k|Haiku|blind\no.gpt-oss|o.gpt-oss "
                               "(legacy)|blind\n"));
    EXPECT_FALSE(models.at(2).streams);
}

TEST(BedrockList, KeepsProfilesOfModelsThatItDoesNotKnow) {
    auto const page = read_profiles(profile_page).value();
    EXPECT_EQ(merged_models({}, page.profiles, ModelFilter::versioned).size(), 3u);
}

TEST(BedrockList, IsNothingWhenItIsNoJson) {
    for (auto const* body : {"", "[]", "<html>", "{"}) {
        EXPECT_FALSE(read_foundation_models(body)) << body;
        EXPECT_FALSE(read_profiles(body)) << body;
    }
    EXPECT_TRUE(read_foundation_models("{}")->empty());
    EXPECT_TRUE(read_foundation_models(R"({"modelSummaries":7})")->empty());
}

TEST(BedrockList, KnowsVersionedIds) {
    EXPECT_TRUE(is_versioned_id("anthropic.claude-3-haiku-20240307-v1:0"));
    EXPECT_TRUE(is_versioned_id("anthropic.claude-v2"));
    EXPECT_FALSE(is_versioned_id("anthropic.claude-3-haiku-20240307-v1:0:48k"));
    EXPECT_FALSE(is_versioned_id("amazon.titan-text-express-v1:0:8K"));
    EXPECT_FALSE(is_versioned_id("amazon.nova"));
    EXPECT_FALSE(is_versioned_id(""));
}

TEST(BedrockList, KnowsWindowsOfModelsProfilesAndArns) {
    EXPECT_EQ(bedrock_window("amazon.nova-lite-v1:0"), 300'000);
    EXPECT_EQ(bedrock_window("us.anthropic.claude-sonnet-4-5-20250929-v1:0"), 200'000);
    EXPECT_EQ(bedrock_window("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-v2"),
              100'000);
    EXPECT_EQ(bedrock_window("anthropic.claude-v2:1"), 200'000);
    EXPECT_EQ(bedrock_window("somebody.else"), std::nullopt);
}

TEST(BedrockPath, MakesOneLabelOfAnId) {
    EXPECT_EQ(model_path("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "converse-stream"),
              "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream");
    EXPECT_EQ(model_path("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/"
                         "abcdef123456",
                         "converse"),
              "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aapplication-inference-"
              "profile%2Fabcdef123456/converse");
    EXPECT_EQ(model_path("../x?y#z %", "invoke"), "/model/..%2Fx%3Fy%23z%20%25/invoke");
}

llm::ProviderConfig provider(std::map<std::string, std::string> options, std::string url = {}) {
    llm::ProviderConfig config;
    config.options = std::move(options);
    config.base_url = std::move(url);
    return config;
}

TEST(BedrockEndpoints, FollowTheRegionAndItsKind) {
    BedrockSurroundings around;
    around.region = "ap-northeast-1";
    auto const usual = bedrock_endpoints(provider({}), around).value();
    EXPECT_EQ(usual.runtime, "https://bedrock-runtime.ap-northeast-1.amazonaws.com");
    EXPECT_EQ(usual.control, "https://bedrock.ap-northeast-1.amazonaws.com");
    EXPECT_TRUE(usual.is_aws_own);
    auto const fips =
        bedrock_endpoints(provider({{"region", "us-east-1"}, {"fips", "true"}}), around).value();
    EXPECT_EQ(fips.region, "us-east-1");
    EXPECT_EQ(fips.runtime, "https://bedrock-runtime-fips.us-east-1.amazonaws.com");
    around.kind.dual_stack = true;
    EXPECT_EQ(bedrock_endpoints(provider({}), around)->control,
              "https://bedrock.ap-northeast-1.api.aws");
    EXPECT_EQ(bedrock_endpoints(provider({{"region", "cn-north-1"}, {"dual_stack", "false"}}),
                                around)
                  ->runtime,
              "https://bedrock-runtime.cn-north-1.amazonaws.com.cn");
    EXPECT_EQ(bedrock_endpoints(provider({{"region", "eusc-de-east-1"}, {"dual_stack", "false"}}),
                                around)
                  ->runtime,
              "https://bedrock-runtime.eusc-de-east-1.amazonaws.eu");
}

TEST(BedrockEndpoints, CanBeGiven) {
    BedrockSurroundings around;
    around.region = "us-east-1";
    auto const stub = bedrock_endpoints(provider({}, "http://127.0.0.1:9/"), around).value();
    EXPECT_EQ(stub.runtime, "http://127.0.0.1:9");
    EXPECT_EQ(stub.control, "http://127.0.0.1:9");
    EXPECT_FALSE(stub.is_aws_own);
    auto const vpc =
        bedrock_endpoints(provider({}, "https://vpce-1.bedrock-runtime.us-east-1.vpce.amazonaws.com"),
                          around)
            .value();
    EXPECT_EQ(vpc.runtime, "https://vpce-1.bedrock-runtime.us-east-1.vpce.amazonaws.com");
    EXPECT_EQ(vpc.control, "https://bedrock.us-east-1.amazonaws.com");
    around.endpoint = "http://all:1";
    around.runtime_endpoint = "http://runtime:2";
    auto const both = bedrock_endpoints(provider({{"control_endpoint", "http://c:3"}}), around);
    EXPECT_EQ(both->runtime, "http://runtime:2");
    EXPECT_EQ(both->control, "http://c:3");
    EXPECT_EQ(bedrock_endpoints(provider({}), around)->control, "http://all:1");
}

TEST(BedrockEndpoints, SayWhatIsWrong) {
    BedrockSurroundings around;
    auto const problem = [&](llm::ProviderConfig const& config) {
        return bedrock_endpoints(config, around).error().message;
    };
    EXPECT_TRUE(problem(provider({})).starts_with("region: which one?"));
    EXPECT_TRUE(problem(provider({{"region", "us east/"}})).starts_with("region: expected"));
    around.region = "us-east-1";
    EXPECT_TRUE(problem(provider({{"fips", "yes"}})).starts_with("fips: expected"));
    EXPECT_TRUE(problem(provider({}, "http://h/path")).starts_with("base_url: expected"));
    EXPECT_TRUE(
        problem(provider({{"control_endpoint", "h"}})).starts_with("control_endpoint: expected"));
    around.endpoint = "nonsense";
    EXPECT_TRUE(problem(provider({})).starts_with("AWS_ENDPOINT_URL: expected"));
}

aws::Failure service_failure(unsigned status, std::string code, std::string message = "words") {
    aws::Failure failure;
    failure.status = status;
    failure.code = std::move(code);
    failure.message = std::move(message);
    return failure;
}

TEST(BedrockFailures, AreClassedByTheirNames) {
    struct Case {
        unsigned status;
        char const* code;
        char const* message;
        FailureClass kind;
    };
    for (auto const& [status, code, message, kind] :
         {Case{403, "AccessDeniedException", "no", FailureClass::auth},
          Case{403, "UnrecognizedClientException", "no", FailureClass::auth},
          Case{403, "ExpiredTokenException", "old", FailureClass::auth},
          Case{404, "ResourceNotFoundException", "no", FailureClass::not_found},
          Case{429, "ThrottlingException", "slow down", FailureClass::rate_limited},
          Case{429, "ThrottlingException", "Too many tokens per day", FailureClass::quota},
          Case{429, "ModelNotReadyException", "warming", FailureClass::overloaded},
          Case{408, "ModelTimeoutException", "late", FailureClass::timeout},
          Case{424, "ModelErrorException", "boom", FailureClass::model_error},
          Case{400, "ValidationException", "bad", FailureClass::invalid},
          Case{400, "ValidationException", "Input is too long for requested model",
               FailureClass::context_length},
          Case{400, "ServiceQuotaExceededException", "much", FailureClass::quota},
          Case{500, "InternalServerException", "boom", FailureClass::model_error},
          Case{503, "ServiceUnavailableException", "no room", FailureClass::overloaded},
          Case{503, "", "no room", FailureClass::overloaded},
          Case{403, "SomethingNew", "no", FailureClass::auth}}) {
        auto const failure = failure_from(service_failure(status, code, message));
        EXPECT_EQ(failure.kind, kind) << code << ' ' << message;
        EXPECT_TRUE(failure.message.contains(message));
    }
}

TEST(BedrockFailures, CarryAdviceAndRequestIdButNoKey) {
    auto given = service_failure(429, "ThrottlingException", "key ABSK-planted is busy");
    given.retry_after = std::chrono::seconds(3);
    given.request_id = "req-1";
    auto const failure = failure_from(given, Secret("ABSK-planted"));
    EXPECT_EQ(failure.message, "key *** is busy (ThrottlingException)");
    EXPECT_EQ(failure.retry_after, std::chrono::seconds(3));
    EXPECT_EQ(failure.provider_request_id, "req-1");
}

TEST(BedrockFailures, TellApartWhatNeverReachedTheService) {
    aws::Failure failure;
    failure.kind = aws::Failure::Kind::timed_out;
    EXPECT_EQ(failure_from(failure).kind, FailureClass::timeout);
    failure.was_sent = false;
    EXPECT_EQ(failure_from(failure).kind, FailureClass::network);
    failure.kind = aws::Failure::Kind::credentials;
    EXPECT_EQ(failure_from(failure).kind, FailureClass::auth);
    failure.kind = aws::Failure::Kind::cancelled;
    EXPECT_EQ(failure_from(failure).kind, FailureClass::cancelled);
}

TEST(BedrockFailures, NameTheStepThatFailed) {
    auto const reason = [](Error const& error) {
        return failure_from(aws::from_error(error)).reason;
    };
    for (auto const* step : {"first_byte", "idle", "total"})
        EXPECT_EQ(reason({Errc::timed_out, "late", step}), step);
    for (auto const* step : {"resolve", "connect", "tls"})
        EXPECT_EQ(reason({Errc::unavailable, "away", step}), step);
    EXPECT_EQ(reason({Errc::unavailable, "broken", {}}), "broken");
    aws::Failure none;
    none.kind = aws::Failure::Kind::credentials;
    EXPECT_EQ(failure_from(none).reason, "no_credentials");
}

}  // namespace
}  // namespace kaiwa::providers
