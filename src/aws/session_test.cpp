#include "aws/session_fixture.hpp"

namespace kaiwa::aws {
namespace {

using Kind = Failure::Kind;

TEST_F(SessionTest, TakesTheEnvironmentFirst) {
    variables["AWS_ACCESS_KEY_ID"] = "A";
    variables["AWS_SECRET_ACCESS_KEY"] = "S";
    variables["AWS_SESSION_TOKEN"] = "T";
    variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/x";
    write(".aws/credentials", "[default]\naws_access_key_id=B\naws_secret_access_key=S\n");
    auto const found = look();
    EXPECT_EQ(found->access_key_id, "A");
    EXPECT_EQ(found->session_token.reveal(), "T");
    EXPECT_EQ(found->source, "the environment");
    EXPECT_TRUE(metadata.requests.empty());
    // A profile of the configuration is meant, whatever the environment has.
    EXPECT_EQ(look({.profile = "default"})->access_key_id, "B");
}

TEST_F(SessionTest, RefusesHalfOfAKey) {
    variables["AWS_ACCESS_KEY_ID"] = "A";
    EXPECT_EQ(why(), "the environment has AWS_ACCESS_KEY_ID but no AWS_SECRET_ACCESS_KEY");
    variables["AWS_ACCESS_KEY_ID"] = "";
    metadata.answer(404, "");
    EXPECT_TRUE(why().starts_with("none are configured")) << "an empty variable is unset";
}

TEST_F(SessionTest, ExchangesAWebIdentityToken) {
    variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = (home / "token").string();
    EXPECT_EQ(why(), "the environment has AWS_WEB_IDENTITY_TOKEN_FILE but no AWS_ROLE_ARN");
    variables["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/r";
    variables["AWS_REGION"] = "eu-west-1";
    variables["AWS_ROLE_SESSION_NAME"] = "me";
    EXPECT_TRUE(why().contains("token cannot be read"));
    write("token", "a.b=c\n");
    services.answer(200, sts_answer("W"));
    EXPECT_EQ(look()->access_key_id, "W");
    auto const& sent = services.requests.at(0);
    EXPECT_EQ(sent.url, "https://sts.eu-west-1.amazonaws.com/");
    EXPECT_EQ(expected, std::vector<std::string>{"https://sts.eu-west-1.amazonaws.com"});
    EXPECT_EQ(sent.body, "Action=AssumeRoleWithWebIdentity&WebIdentityToken=a.b%3Dc&Version=2011-06-15"
                         "&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=me");
    EXPECT_FALSE(sent.headers.has("Authorization"));
}

TEST_F(SessionTest, SaysWhyARoleCannotBeAssumed) {
    variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = (home / "token").string();
    variables["AWS_ROLE_ARN"] = "arn:r";
    write("token", "x");
    services.answer(400, "<ErrorResponse><Error><Code>ExpiredTokenException</Code><Message>Token expired"
                         "</Message></Error></ErrorResponse>");
    services.answer(400, "<ErrorResponse><Error><Code>ExpiredTokenException</Code><Message>Token expired"
                         "</Message></Error></ErrorResponse>");
    EXPECT_EQ(why(), "web identity (AWS_WEB_IDENTITY_TOKEN_FILE): arn:r cannot be assumed: STS "
                     "answered ExpiredTokenException: Token expired");
}

TEST_F(SessionTest, TellsASourceThatIsAwayFromOneThatRefuses) {
    auto const is_away = [this](SessionOptions options = {}) {
        auto const found = look(std::move(options));
        EXPECT_FALSE(found);
        EXPECT_EQ(found.error().kind, Kind::credentials);
        EXPECT_FALSE(is_transient(found.error()));
        return may_pass(found.error());
    };
    write(".aws/config", "[profile sso]\nsso_start_url = my-sso\nsso_region = eu-west-1\n"
                         "sso_account_id = 123\nsso_role_name = r\n");
    write(".aws/sso/cache/0ad374308c5a4e22f723adf10145eafad7c4031c.json",
          R"({"accessToken":"tok","expiresAt":"2030-01-01T00:00:00Z"})");
    EXPECT_TRUE(is_away({.profile = "sso"})) << "nothing listens there";
    services.answer(503, "");
    EXPECT_TRUE(is_away({.profile = "sso"}));
    services.answer(403, "");
    EXPECT_FALSE(is_away({.profile = "sso"}));

    variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/x";
    EXPECT_TRUE(is_away());
    for (int i = 0; i < 3; ++i) metadata.answer(404, "");
    EXPECT_FALSE(is_away());

    variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = (home / "token").string();
    variables["AWS_ROLE_ARN"] = "arn:r";
    EXPECT_FALSE(is_away()) << "no token";
    write("token", "x");
    EXPECT_TRUE(is_away());
    services.answer(403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>");
    EXPECT_FALSE(is_away());
}

TEST_F(SessionTest, ReadsKeysOfTheNamedProfile) {
    write(".aws/credentials", "[default]\naws_access_key_id=D\naws_secret_access_key=S\n"
                              "[dev]\naws_access_key_id=V\naws_secret_access_key=S\n[half]\naws_access_key_id=H\n");
    EXPECT_EQ(look()->access_key_id, "D");
    variables["AWS_PROFILE"] = "dev";
    EXPECT_EQ(look()->source, "the profile dev");
    variables["AWS_PROFILE"] = "nobody";
    EXPECT_EQ(why(), "there is no profile nobody in AWS's shared files");
    variables["AWS_PROFILE"] = "half";
    EXPECT_EQ(why(), "the profile half has aws_access_key_id but no aws_secret_access_key");
}

TEST_F(SessionTest, AssumesARoleInTheNameOfAnotherProfile) {
    write(".aws/config", "[profile app]\nrole_arn = arn:app\nsource_profile = middle\nregion = eu-west-1\n"
                         "external_id = e&1\nduration_seconds = 900\n"
                         "[profile middle]\nrole_arn = arn:middle\nsource_profile = middle\n");
    write(".aws/credentials", "[middle]\naws_access_key_id=BASE\naws_secret_access_key=S\n");
    services.answer(200, sts_answer("M"));
    services.answer(200, sts_answer("APP"));
    EXPECT_EQ(look({.profile = "app"})->access_key_id, "APP");
    ASSERT_EQ(services.requests.size(), 2U);
    EXPECT_TRUE(services.requests[0].headers.get("Authorization").contains("Credential=BASE/"));
    EXPECT_TRUE(services.requests[1].headers.get("Authorization").contains("Credential=M/"));
    EXPECT_TRUE(services.requests[1].body.contains("ExternalId=e%261&DurationSeconds=900"));
    EXPECT_TRUE(services.requests[1].body.contains("RoleSessionName=kaiwa-"));
    EXPECT_EQ(services.requests[1].url, "https://sts.eu-west-1.amazonaws.com/");
}

TEST_F(SessionTest, SaysThatNobodyTypesTheCodeOfAnMfaProfile) {
    variables["AWS_PROFILE"] = "app";
    write(".aws/config", "[profile app]\nrole_arn = arn:app\nsource_profile = base\n"
                         "mfa_serial = arn:aws:iam::1:mfa/ann\n");
    write(".aws/credentials", "[base]\naws_access_key_id = A\naws_secret_access_key = S\n");
    auto const said = why();
    EXPECT_TRUE(said.contains("mfa_serial") && said.contains("credential_process") &&
                said.contains("IAM Identity Center"))
        << said;
    EXPECT_TRUE(services.requests.empty());
}

TEST_F(SessionTest, RefusesProfilesThatReferToEachOther) {
    write(".aws/config", "[profile a]\nrole_arn=x\nsource_profile=b\n[profile b]\nrole_arn=y\nsource_profile=a\n");
    EXPECT_EQ(why({.profile = "a"}), "profiles refer to each other: a, b, a");
    write(".aws/config", "[profile a]\nrole_arn=x\nsource_profile=a\n");
    EXPECT_EQ(why({.profile = "a"}), "profiles refer to each other: a, a");
    write(".aws/config", "[profile a]\nrole_arn=x\nsource_profile=b\n");
    EXPECT_EQ(why({.profile = "a"}), "there is no profile b in AWS's shared files, the source_profile of a");
    write(".aws/config", "[profile a]\nrole_arn=x\ncredential_source=EcsContainer\n");
    EXPECT_TRUE(why({.profile = "a"}).contains("its source (EcsContainer) has no credentials"));
    write(".aws/config", "[profile a]\nrole_arn=x\n");
    EXPECT_TRUE(why({.profile = "a"}).contains("needs a source_profile"));
}

TEST_F(SessionTest, RunsACredentialProcess) {
    write(".aws/config",
          "[default]\ncredential_process = printf '%s' "
          "'{\"Version\":1,\"AccessKeyId\":\"P\",\"SecretAccessKey\":\"S\"}'\n"
          "[profile bad]\ncredential_process = sh -c 'echo broken >&2; exit 2'\n"
          "[profile odd]\ncredential_process = echo CANARY\n");
    EXPECT_EQ(look()->access_key_id, "P");
    EXPECT_EQ(why({.profile = "bad"}), "the profile bad: credential_process ended with 2: broken\n");
    EXPECT_EQ(why({.profile = "odd"}),
              "the profile odd: the output of credential_process: it is no JSON object");
}

TEST_F(SessionTest, UsesTheSignInOfIamIdentityCenter) {
    write(".aws/config", "[profile sso]\nsso_session = my-sso\nsso_account_id = 123\nsso_role_name = Dev Ops\n"
                         "[sso-session my-sso]\nsso_region = eu-west-1\nsso_start_url = https://x\n");
    EXPECT_EQ(why({.profile = "sso"}), "the profile sso: nobody is signed in: run \"aws sso login\"");
    auto const cached = ".aws/sso/cache/0ad374308c5a4e22f723adf10145eafad7c4031c.json";
    write(cached, R"({"accessToken":"tok","expiresAt":"2020-01-01T00:00:00Z"})");
    EXPECT_EQ(why({.profile = "sso"}), "the profile sso: the sign-in is over: run \"aws sso login\"");
    write(cached, R"({"accessToken":"tok","expiresAt":"2030-01-01T00:00:00Z"})");
    services.answer(200, R"({"roleCredentials":{"accessKeyId":"SSO","secretAccessKey":"s","sessionToken":"t","expiration":1900000000000}})");
    EXPECT_EQ(look({.profile = "sso"})->access_key_id, "SSO");
    EXPECT_EQ(services.requests.at(0).url,
              "https://portal.sso.eu-west-1.amazonaws.com/federation/credentials?role_name=Dev%20Ops&account_id=123");
    EXPECT_EQ(services.requests.at(0).headers.get("x-amz-sso_bearer_token"), "tok");
    services.answer(401, "");
    EXPECT_TRUE(why({.profile = "sso"}).contains("aws sso login"));
}

TEST_F(SessionTest, AsksAContainersEndpointWithItsToken) {
    variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://169.254.170.23/v1/credentials";
    variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "not this";
    variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = (home / "token").string();
    write("token", "from-file\n");
    metadata.answer(200, keys("EKS"));
    EXPECT_EQ(look()->access_key_id, "EKS");
    EXPECT_EQ(metadata.requests.at(0).url, "http://169.254.170.23/v1/credentials");
    EXPECT_EQ(metadata.requests.at(0).headers.get("Authorization"), "from-file");
    variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/x";
    metadata.answer(200, keys("ECS"));
    EXPECT_EQ(look()->access_key_id, "ECS");
    EXPECT_EQ(metadata.requests.at(1).url, "http://169.254.170.2/v2/x");
}

TEST_F(SessionTest, RefusesAContainersEndpointThatCouldBeAnybody) {
    for (auto const* url : {"http://192.0.2.1/", "http://169.254.169.254/latest/", "http://example.com/",
                            "http://127.0.0.1.example.com/", "http://localhost@192.0.2.1/", "ftp://localhost/",
                            "http://[fd00:ec2::254]/", "http://169.254.170.2.evil/"}) {
        variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url;
        EXPECT_TRUE(why().contains("refused")) << url;
    }
    EXPECT_TRUE(metadata.requests.empty());
    variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://localhost:1/";
    variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "a\r\nX-Evil: 1";
    EXPECT_TRUE(why().contains("no header may have"));
    EXPECT_TRUE(metadata.requests.empty());
    for (auto const* url : {"http://127.0.0.1:5/x", "http://[::1]:5/x", "http://localhost:5/x", "https://broker.internal/x"}) {
        variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url;
        variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "";
        metadata.answer(200, keys("C"));
        EXPECT_TRUE(look()) << url;
    }
}

TEST_F(SessionTest, DoesNotLookOnWhenAConfiguredPlaceFails) {
    variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/x";
    for (int i = 0; i < 3; ++i) metadata.answer(401, "{}");
    answer_as_instance("NOT");
    EXPECT_EQ(why(), "the container's endpoint: it answered 401");
}

TEST_F(SessionTest, AsksTheInstanceWithVersionTwoOnly) {
    answer_as_instance("I");
    auto const found = look();
    EXPECT_EQ(found->access_key_id, "I");
    EXPECT_EQ(found->source, "the instance's role chat-role");
    EXPECT_EQ(metadata.requests.at(0).method, "PUT");
    EXPECT_EQ(metadata.requests.at(0).headers.get("x-aws-ec2-metadata-token-ttl-seconds"), "21600");
    EXPECT_EQ(metadata.requests.at(2).url,
              "http://169.254.169.254/latest/meta-data/iam/security-credentials/chat-role");
    EXPECT_EQ(metadata.requests.at(2).headers.get("x-aws-ec2-metadata-token"), "token");

    metadata.answer(403, "");
    EXPECT_TRUE(why().starts_with("none are configured"));
    EXPECT_EQ(metadata.requests.size(), 4U) << "nothing is asked without a token";
    variables["AWS_EC2_METADATA_DISABLED"] = "true";
    EXPECT_TRUE(why().starts_with("none are configured"));
    EXPECT_EQ(metadata.requests.size(), 4U);
}

TEST_F(SessionTest, WaitsForTheMetadataOfWhatIsSurelyAnInstance) {
    auto const away = [this] {
        auto const found = look();
        return !found && found.error().source_is_away;
    };
    write("sys_vendor", "QEMU\n");
    EXPECT_FALSE(away());
    variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "http://127.0.0.1:1";
    EXPECT_TRUE(away()) << "somebody says that it is there";
    EXPECT_TRUE(why().contains("http://127.0.0.1:1"));
    variables.erase("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    write("sys_vendor", "Amazon EC2\n");
    EXPECT_TRUE(away());
    EXPECT_TRUE(why().contains("hop limit"));
    auto made = session();
    EXPECT_TRUE(kaiwa::test::run_task(made.region()).error().source_is_away);
    metadata.answer(503, "");
    EXPECT_TRUE(away());
    variables["AWS_EXECUTION_ENV"] = "AWS_ECS_FARGATE";
    EXPECT_TRUE(why().starts_with("none are configured"));
    variables["AWS_EXECUTION_ENV"] = "AWS_ECS_EC2";
    EXPECT_TRUE(away()) << "a task may use the role of its instance";
    metadata.answer(403, "");
    EXPECT_FALSE(away()) << "it is there, and switched off";
    metadata.answer(200, "token");
    metadata.answer(404, "");
    EXPECT_FALSE(away()) << "it is there, and has no role";
    variables["AWS_EC2_METADATA_DISABLED"] = "true";
    EXPECT_FALSE(away());
}

TEST_F(SessionTest, TakesNothingOddFromAnInstance) {
    metadata.answer(200, "token");
    metadata.answer(200, "../../evil?x=");
    EXPECT_TRUE(why().starts_with("none are configured"));
    metadata.answer(200, "to\r\nken");
    EXPECT_TRUE(why().starts_with("none are configured"));
    metadata.answer(200, "token");
    metadata.answer(200, "role");
    metadata.answer(200, R"({"Code":"AssumeRoleUnauthorizedAccess"})");
    EXPECT_TRUE(why().starts_with("none are configured"));
}

}  // namespace
}  // namespace kaiwa::aws
