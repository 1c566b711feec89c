#include "aws/secrets.hpp"

#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_transport.hpp"
#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

namespace kaiwa::aws {
namespace {

using Keeper = SecretReference::Keeper;

TEST(SecretReference, IsReadStrictly) {
    EXPECT_EQ(parse_secret_reference("secret:aws-secret:prod/key").value(),
              (SecretReference{Keeper::secrets_manager, "prod/key", ""}));
    EXPECT_EQ(parse_secret_reference("secret:aws-secret:arn:aws:secretsmanager:eu-west-1:1:secret:x#key").value(),
              (SecretReference{Keeper::secrets_manager, "arn:aws:secretsmanager:eu-west-1:1:secret:x", "key"}));
    EXPECT_EQ(parse_secret_reference("secret:aws-ssm:/a/b:3").value(),
              (SecretReference{Keeper::parameter_store, "/a/b:3", ""}));
    for (auto const* wrong : {"secret:aws-secret:", "secret:aws-secret:#f", "secret:aws-secret:n#",
                              "secret:aws-ssm:", "secret:env:X", "", "secret:aws-ssm:a\r\nb"}) {
        EXPECT_FALSE(parse_secret_reference(wrong)) << wrong;
    }
}

class SecretsTest : public testing::Test {
protected:
    Outcome<Secret> fetch(std::string_view text) {
        return kaiwa::test::run_task(fetch_secret(session, parse_secret_reference(text).value()));
    }
    kaiwa::test::MemoryTransport services;
    Workers files{"files", 1, 16};
    kaiwa::test::ManualClock clock;
    SystemRandom random;
    NullLog log;
    Session session{Surroundings{services, services, files, clock, random,
                                 [](std::string_view name) -> std::optional<std::string> {
                                     if (name == "AWS_REGION") return "eu-west-1";
                                     if (name == "AWS_ACCESS_KEY_ID") return "A";
                                     if (name == "AWS_SECRET_ACCESS_KEY") return "S";
                                     return std::nullopt;
                                 }},
                    {}, log};
};

TEST_F(SecretsTest, AreAskedForWhereTheyAreKept) {
    services.answer(200, R"({"Name":"n","SecretString":"plain"})");
    EXPECT_EQ(fetch("secret:aws-secret:n")->reveal(), "plain");
    EXPECT_EQ(services.requests[0].url, "https://secretsmanager.eu-west-1.amazonaws.com/");
    EXPECT_EQ(services.requests[0].headers.get("X-Amz-Target"), "secretsmanager.GetSecretValue");
    EXPECT_EQ(services.requests[0].body, R"({"SecretId":"n"})");

    services.answer(200, R"({"SecretString":"{\"key\":\"inner\",\"n\":1}"})");
    EXPECT_EQ(fetch("secret:aws-secret:arn:aws:secretsmanager:us-east-2:1:secret:x#key")->reveal(), "inner");
    EXPECT_EQ(services.requests[1].url, "https://secretsmanager.us-east-2.amazonaws.com/");

    services.answer(200, R"({"Parameter":{"Name":"/a","Type":"SecureString","Value":"p"}})");
    EXPECT_EQ(fetch("secret:aws-ssm:/a")->reveal(), "p");
    EXPECT_EQ(services.requests[2].body, R"({"Name":"/a","WithDecryption":true})");
    EXPECT_EQ(services.requests[2].headers.get("X-Amz-Target"), "AmazonSSM.GetParameter");
}

TEST_F(SecretsTest, SayWhatIsWrongWithoutTheirValue) {
    for (auto const* answer : {R"({"SecretString":"CANARY"})", R"({"SecretString":"{\"key\":5,\"x\":\"CANARY\"}"})",
                               R"({"SecretBinary":"CANARY"})", R"(["CANARY"])", "CANARY"}) {
        services.answer(200, answer);
        auto const fetched = fetch("secret:aws-secret:n#key");
        ASSERT_FALSE(fetched) << answer;
        EXPECT_EQ(fetched.error().kind, Failure::Kind::unreadable);
        EXPECT_FALSE(fetched.error().message.contains("CANARY")) << fetched.error().message;
    }
    services.answer(400, R"({"__type":"ResourceNotFoundException","Message":"no such secret"})");
    EXPECT_EQ(fetch("secret:aws-secret:n").error().code, "ResourceNotFoundException");
}

}  // namespace
}  // namespace kaiwa::aws
