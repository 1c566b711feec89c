#include "server/config_fixture.hpp"

#include "llm/provider_config.hpp"

#include <fmt/format.h>

namespace kaiwa::server {
namespace {

TEST_F(ConfigTest, LeavesToAwsWhatAwsKeeps) {
    sources.environment.set("KAIWA_SECRET", "secret:aws-secret:site#seal");
    sources.environment.set("KAIWA_STORE__KIND", "dynamodb");
    sources.environment.set("ADMIN_USERNAME", "root");
    sources.environment.set("ADMIN_PASSWORD", "secret:aws-ssm:/site/password");
    auto const made = settings();
    EXPECT_FALSE(made.sealing_secret);
    EXPECT_EQ(made.sealing_secret_from, "secret:aws-secret:site#seal");
    EXPECT_EQ(made.administrator->password_from, "secret:aws-ssm:/site/password");
    EXPECT_TRUE(made.administrator->password.empty());
    EXPECT_EQ(source_of("secret"), "\"secret:aws-secret:site#seal\" KAIWA_SECRET");
}

TEST_F(ConfigTest, FindsEverySecretWhereItIsSaidToBe) {
    sources.environment.set("SEAL", std::string(32, 's'));
    sources.environment.set("KAIWA_SECRET", "secret:env:SEAL");
    sources.environment.set("ADMIN_USERNAME", "root");
    sources.environment.set("ADMIN_PASSWORD", "secret:file:/run/key");
    sources.environment.set("OPENAI_API_KEY", "secret:aws-secret:openai#key");
    auto const made = settings();
    EXPECT_EQ(made.sealing_secret.value().reveal(), std::string(32, 's'));
    EXPECT_EQ(made.administrator->password.reveal(), "from-file");
    EXPECT_TRUE(made.providers.at(0).api_key.empty());
    EXPECT_EQ(llm::key_reference(made.providers.at(0)), "secret:aws-secret:openai#key");
    EXPECT_EQ(source_of("secret"), "\"secret:env:SEAL\" KAIWA_SECRET");
    for (auto const& [key, shown] : {std::pair{"secret:aws-secret:openai#key", "secret:aws-secret:openai#key"},
                                     std::pair{"secret:file:/run/key", "secret:file:/run/key"},
                                     std::pair{"sk-canary", "(hidden)"}}) {
        sources.environment = {};
        sources.environment.set("OPENAI_API_KEY", key);
        EXPECT_TRUE(source_of("providers.openai").contains(fmt::format(R"("api_key":"{}")", shown)));
    }
    sources = {};
    sources.environment.set("OPENAI_API_KEY", "secret:env:NONE");
    EXPECT_EQ(problem(), "OPENAI_API_KEY: the variable NONE is not set");
    sources = {};
    sources.environment.set("KAIWA_SECRET", "secret:aws-ssm:");
    EXPECT_TRUE(problem().contains("KAIWA_SECRET: secret: expected secret:aws-secret:NAME"));
    sources = {};
    sources.environment.set("KAIWA_SECRET", "secret:bogus-canary");
    EXPECT_EQ(problem(), "KAIWA_SECRET: secret: expected secret:env:NAME, secret:file:PATH, secret:aws-secret:NAME, "
                         "secret:aws-secret:NAME#field, secret:aws-ssm:NAME or the secret");
}

TEST_F(ConfigTest, ReadsProvidersWithTheirSecrets) {
    sources.environment.set("LOCAL_KEY", "from-variable");
    sources.environment.set("KAIWA_PROVIDERS", R"([
        {"name":"local","kind":"openai","base_url":"http://127.0.0.1:9900/v1/","api_key":"secret:env:LOCAL_KEY","models":["qwen*"]},
        {"name":"claude","kind":"anthropic","api_key":"secret:file:/run/key"},
        {"name":"fixed","kind":"builtin"}])");
    auto const made = settings();
    ASSERT_EQ(made.providers.size(), 3u);
    EXPECT_EQ(made.providers[0].base_url, "http://127.0.0.1:9900/v1");
    EXPECT_EQ(made.providers[0].api_key.reveal(), "from-variable");
    EXPECT_EQ(made.providers[0].models, std::vector<std::string>{"qwen*"});
    EXPECT_EQ(made.providers[1].api_key.reveal(), "from-file");
    EXPECT_EQ(made.providers[1].base_url, "https://api.anthropic.com");
}

TEST_F(ConfigTest, NeverShowsASecret) {
    std::string const canary = "canary-0123456789-canary-0123456789";
    sources.environment.set("KAIWA_SECRET", canary);
    sources.environment.set("OPENAI_API_KEY", canary);
    sources.environment.set("ADMIN_USERNAME", "root");
    sources.environment.set("ADMIN_PASSWORD", canary);
    auto const made = make_configuration(sources).value();
    EXPECT_EQ(made.settings.sealing_secret->reveal(), canary);
    for (auto const& value : made.explained)
        EXPECT_FALSE(value.value.contains(canary)) << value.path;

    sources.environment = {};
    sources.environment.set("KAIWA_SECRET", "short-canary");
    EXPECT_EQ(
        problem(),
        "KAIWA_SECRET: secret: expected at least 32 characters; kaiwa create-secret makes one");
}

}  // namespace
}  // namespace kaiwa::server
