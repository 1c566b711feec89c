#include "aws/session_fixture.hpp"

namespace kaiwa::aws {
namespace {

using Kind = Failure::Kind;

TEST_F(SessionTest, ReadsTheKindOfEndpointFromItsProfile) {
    write(".aws/config",
          "[default]\nuse_fips_endpoint = True\n[profile six]\nuse_dualstack_endpoint=true\n");
    auto const url = [this](std::string profile) {
        auto made = session({.profile = std::move(profile)});
        auto find = find_endpoint(made, {.service = "sts", .host = "sts", .region = "us-east-1"});
        return kaiwa::test::run_task(std::move(find))->url;
    };
    EXPECT_EQ(url(""), "https://sts-fips.us-east-1.amazonaws.com");
    EXPECT_EQ(url("six"), "https://sts.us-east-1.api.aws");
    EXPECT_EQ(url("none"), "https://sts.us-east-1.amazonaws.com");
    variables["AWS_PROFILE"] = "six";
    EXPECT_EQ(url(""), "https://sts.us-east-1.api.aws");
    // The environment wins, whatever it says.
    variables["AWS_USE_DUALSTACK_ENDPOINT"] = "false";
    variables["AWS_USE_FIPS_ENDPOINT"] = "true";
    EXPECT_EQ(url("six"), "https://sts-fips.us-east-1.amazonaws.com");
    write(".aws/config", "no section\n");
    EXPECT_EQ(url(""), "https://sts-fips.us-east-1.amazonaws.com");
    EXPECT_FALSE(readers.empty());
    EXPECT_FALSE(readers.contains(std::this_thread::get_id())) << "a loop waits for no disk";
}

TEST_F(SessionTest, CallsNobodyWhileTheKindOfEndpointIsNotKnown) {
    variables["AWS_ACCESS_KEY_ID"] = "A";
    variables["AWS_SECRET_ACCESS_KEY"] = "S";
    auto made = session();
    auto const client_of = [&](std::string url = {}) {
        return make_client(made, {.service = "bedrock",
                                  .host = "bedrock",
                                  .region = "us-east-1",
                                  .url = std::move(url)});
    };
    auto const client = client_of();
    write(".aws/config", "[default]\nuse_fips_endpoint = true\n?\n");
    auto const refused = kaiwa::test::run_task(client->call({}, 10));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, Kind::credentials);
    EXPECT_TRUE(refused.error().message.contains(".aws/config: line 3: expected") &&
                refused.error().message.contains("AWS_USE_FIPS_ENDPOINT"))
        << refused.error().message;
    std::filesystem::remove(home / ".aws/config");
    std::filesystem::create_directory(home / ".aws/config");
    EXPECT_FALSE(kaiwa::test::run_task(client->call({}, 10)));
    EXPECT_TRUE(services.requests.empty());
    // Who names the address has chosen it.
    services.answer(200, "ok");
    EXPECT_TRUE(kaiwa::test::run_task(client_of("https://own.test")->call({}, 10)));
    std::filesystem::remove(home / ".aws/config");
    write(".aws/config", "[default]\nuse_fips_endpoint = true\n");
    services.answer(200, "ok");
    EXPECT_TRUE(kaiwa::test::run_task(client->call({}, 10)));
    EXPECT_EQ(services.requests.at(1).url, "https://bedrock-fips.us-east-1.amazonaws.com/");
}

TEST_F(SessionTest, AsksStsByTheKindOfEndpointOfItsProfile) {
    write(".aws/config", "[default]\nuse_fips_endpoint = true\nregion = us-east-1\n");
    variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = (home / "token").string();
    variables["AWS_ROLE_ARN"] = "arn:r";
    write("token", "x");
    services.answer(200, sts_answer("W"));
    EXPECT_TRUE(look());
    EXPECT_EQ(services.requests.at(0).url, "https://sts-fips.us-east-1.amazonaws.com/");
}

TEST_F(SessionTest, FindsTheRegion) {
    auto const region = [this](SessionOptions options = {}) {
        auto made = session(std::move(options));
        auto found = kaiwa::test::run_task(made.region());
        return found ? *found : "none: " + found.error().message;
    };
    EXPECT_TRUE(region().starts_with("none: no region is configured"));
    metadata.answer(200, "token");
    metadata.answer(200, "ap-northeast-1");
    EXPECT_EQ(region(), "ap-northeast-1");
    write(".aws/config", "[default]\nregion = eu-west-3\n");
    EXPECT_EQ(region(), "eu-west-3");
    variables["AWS_DEFAULT_REGION"] = "us-east-1";
    EXPECT_EQ(region(), "us-east-1");
    variables["AWS_REGION"] = "us-west-2";
    EXPECT_EQ(region(), "us-west-2");
    EXPECT_EQ(region({.region = "eu-north-1"}), "eu-north-1");
    EXPECT_TRUE(region({.region = "evil.example/"}).starts_with("none: "));
}

TEST_F(SessionTest, NeedsNoFileForWhatTheEnvironmentSays) {
    write(".aws/config", "no section\n");
    variables["AWS_USE_FIPS_ENDPOINT"] = "true";
    variables["AWS_USE_DUALSTACK_ENDPOINT"] = "false";
    auto const url = [this](SessionOptions options = {}) {
        auto made = session(std::move(options));
        auto find = find_endpoint(made, {.service = "sts", .host = "sts"});
        auto const found = kaiwa::test::run_task(std::move(find));
        return found ? found->url : "none: " + found.error().message;
    };
    EXPECT_TRUE(url().contains(".aws/config: line 1")) << url();
    EXPECT_EQ(url({.region = "eu-west-1"}), "https://sts-fips.eu-west-1.amazonaws.com");
    variables["AWS_DEFAULT_REGION"] = "us-east-2";
    EXPECT_EQ(url(), "https://sts-fips.us-east-2.amazonaws.com");
    variables["AWS_REGION"] = "us-east-1";
    EXPECT_EQ(url(), "https://sts-fips.us-east-1.amazonaws.com");
}

TEST_F(SessionTest, MakesClientsThatFindTheirRegionAtTheFirstCall) {
    variables["AWS_ACCESS_KEY_ID"] = "A";
    variables["AWS_SECRET_ACCESS_KEY"] = "S";
    auto made = session();
    auto const client = make_client(made, {.service = "bedrock", .host = "bedrock-runtime"});
    EXPECT_EQ(client->endpoint().region, "");
    metadata.answer(404, "");
    EXPECT_EQ(kaiwa::test::run_task(client->call({}, 10)).error().kind, Kind::credentials);
    variables["AWS_REGION"] = "eu-west-1";
    services.answer(200, "ok");
    EXPECT_TRUE(kaiwa::test::run_task(client->call({}, 10)));
    EXPECT_EQ(client->endpoint().region, "eu-west-1");
    EXPECT_EQ(services.requests.at(0).url, "https://bedrock-runtime.eu-west-1.amazonaws.com/");
    EXPECT_TRUE(services.requests.at(0).headers.get("Authorization").contains("/eu-west-1/bedrock/"));
}

}  // namespace
}  // namespace kaiwa::aws
