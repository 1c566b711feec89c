#include "server/reload.hpp"

#include <gtest/gtest.h>

namespace kaiwa::server {
namespace {

Configuration configuration(std::string text) {
    ConfigSources sources;
    sources.file_text = std::move(text);
    auto made = make_configuration(sources);
    EXPECT_TRUE(made) << made.error().message;
    return std::move(*made);
}

using Keys = std::vector<std::string>;

TEST(Reload, NamesWhatWaitsForTheNextStart) {
    auto const started = configuration("");
    EXPECT_EQ(waiting_for_a_start(started, configuration("")), Keys{});
    EXPECT_EQ(waiting_for_a_start(started, configuration(R"(
[server]
listen = "127.0.0.1:8080"
public_url = "https://chat.example.com"
trusted_proxies = ["10.0.0.0/8"]
[limits]
turns_per_user = 3
[uploads]
enabled = false
[log]
level = "debug"
[chat]
greeting = "hello"
[compat]
endpoints = ["simplechat"]
stage = "other"
)")),
              (Keys{"server.public_url", "server.trusted_proxies", "limits.turns_per_user",
                    "uploads.enabled", "log.level", "compat.endpoints"}));
}

TEST(Reload, NamesAnotherSecretWithoutShowingIt) {
    auto const started = configuration("secret = \"0123456789012345678901234567890a\"");
    auto const now = configuration("secret = \"0123456789012345678901234567890b\"");
    EXPECT_EQ(waiting_for_a_start(started, now), Keys{"secret"});
    EXPECT_EQ(waiting_for_a_start(started, started), Keys{});

    auto kept_by_aws = configuration("secret = \"secret:aws-secret:site\"");
    auto const again = kept_by_aws;
    kept_by_aws.settings.sealing_secret = Secret("as it was read at the start");
    EXPECT_EQ(waiting_for_a_start(kept_by_aws, again), Keys{});
}

TEST(Reload, LeavesAddressAndUploadsAsTheyWereAtTheStart) {
    auto const started = configuration("[uploads]\nmax_files = 3");
    auto now = configuration(R"(
[server]
public_url = "https://chat.example.com"
allowed_hosts = ["other.example.com"]
[uploads]
enabled = false
types = ["text/*"]
max_bytes = 7
[chat]
greeting = "hello"
)");
    keep_of_the_start(now.settings, started.settings);
    EXPECT_EQ(now.settings.public_url, "");
    EXPECT_TRUE(now.settings.allowed_hosts.empty());
    EXPECT_TRUE(now.settings.uploads_enabled);
    EXPECT_EQ(now.settings.upload_types, started.settings.upload_types);
    EXPECT_EQ(now.settings.max_files, 3u);
    EXPECT_EQ(now.settings.max_file_bytes, started.settings.max_file_bytes);
    EXPECT_EQ(now.settings.greeting, "hello");
}

}  // namespace
}  // namespace kaiwa::server
