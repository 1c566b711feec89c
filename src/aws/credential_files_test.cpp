#include "aws/child_process.hpp"
#include "aws/credentials_json.hpp"
#include "aws/profile_file.hpp"
#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

namespace kaiwa::aws {
namespace {

ProfileFile config(std::string_view text) {
    return parse_profile_file(text, ProfileFileKind::config).value();
}

TEST(ProfileFile, ReadsSectionsOfTheConfigFile) {
    auto const file = config(
        "\xEF\xBB\xBF# a comment\r\n[default]\r\nregion = eu-west-1\r\n\n"
        "[profile dev]\nRole_ARN=arn:aws:iam::1:role/x\nsource_profile = base\n"
        "[profile \"two words\"]\nregion=us-east-2\n"
        "[sso-session corp]\nsso_region = eu-west-1\n[services local]\ns3 =\n  endpoint_url = x\n");
    EXPECT_EQ(file.profiles.at("default").get("region"), "eu-west-1");
    EXPECT_EQ(file.profiles.at("dev").get("role_arn"), "arn:aws:iam::1:role/x");
    EXPECT_EQ(file.profiles.at("two words").get("region"), "us-east-2");
    EXPECT_EQ(file.sso_sessions.at("corp").get("sso_region"), "eu-west-1");
    EXPECT_EQ(file.profiles.size(), 3U);
}

TEST(ProfileFile, LeavesNestedSettingsOut) {
    auto const file = config("[default]\ns3 =\n  addressing_style = path\n  region = no\nregion = yes\n");
    EXPECT_EQ(file.profiles.at("default").get("region"), "yes");
    EXPECT_FALSE(file.profiles.at("default").has("addressing_style"));
}

TEST(ProfileFile, PrefersTheDefaultProfileThatSaysProfile) {
    for (auto const* text : {"[default]\nregion=a\nx=1\n[profile default]\nregion=b\n",
                             "[profile default]\nregion=b\n[default]\nregion=a\nx=1\n"}) {
        EXPECT_EQ(config(text).profiles.at("default").get("region"), "b");
        EXPECT_FALSE(config(text).profiles.at("default").has("x"));
    }
}

TEST(ProfileFile, LetsTheCredentialsFileWin) {
    auto all = config("[profile a]\naws_access_key_id=1\nregion=r\n");
    all.join(parse_profile_file("[a]\naws_access_key_id = 2\n", ProfileFileKind::credentials).value());
    EXPECT_EQ(all.profiles.at("a").get("aws_access_key_id"), "2");
    EXPECT_EQ(all.profiles.at("a").get("region"), "r");
}

TEST(ProfileFile, NamesTheLineThatIsWrongWithoutQuotingIt) {
    for (auto const* text : {"[a]\nSECRETVALUE\n", "\nSECRETVALUE = x\n", "[a]\n= SECRETVALUE\n",
                             "[a]\n[SECRETVALUE\n", "[a]\n[]\n"}) {
        auto const read = parse_profile_file(text, ProfileFileKind::credentials);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().message, "line 2: expected [section] or name = value");
    }
}

TEST(CredentialsJson, ReadsEveryForm) {
    auto const process = parse_credentials(
        R"({"Version":1,"AccessKeyId":"A","SecretAccessKey":"S","SessionToken":"T","Expiration":"2030-01-01T00:00:00Z"})",
        CredentialsForm::process);
    EXPECT_EQ(process->access_key_id, "A");
    EXPECT_EQ(process->session_token.reveal(), "T");
    EXPECT_EQ(process->expires_at, parse_rfc3339("2030-01-01T00:00:00Z").value());
    EXPECT_FALSE(parse_credentials(R"({"Version":1,"AccessKeyId":"A","SecretAccessKey":"S"})",
                                   CredentialsForm::process)
                     ->expires_at);
    EXPECT_EQ(parse_credentials(R"({"AccessKeyId":"A","SecretAccessKey":"S","Token":"T"})",
                                CredentialsForm::container)
                  ->session_token.reveal(),
              "T");
    EXPECT_EQ(parse_credentials(
                  R"({"roleCredentials":{"accessKeyId":"A","secretAccessKey":"S","sessionToken":"T","expiration":1893456000000}})",
                  CredentialsForm::sso)
                  ->expires_at,
              parse_rfc3339("2030-01-01T00:00:00Z").value());
}

TEST(CredentialsJson, RefusesWhatIsNoneWithoutQuotingIt) {
    std::pair<CredentialsForm, char const*> const wrong[] = {
        {CredentialsForm::process, R"({"AccessKeyId":"A","SecretAccessKey":"CANARY"})"},
        {CredentialsForm::process, R"({"Version":"1","AccessKeyId":"A","SecretAccessKey":"CANARY"})"},
        {CredentialsForm::process, R"({"Version":2,"AccessKeyId":"A","SecretAccessKey":"CANARY"})"},
        {CredentialsForm::container, R"({"SecretAccessKey":"CANARY"})"},
        {CredentialsForm::container, R"({"AccessKeyId":"CANARY"})"},
        {CredentialsForm::container, R"({"AccessKeyId":"A","SecretAccessKey":"CANARY","Expiration":"soon"})"},
        {CredentialsForm::container, R"({"AccessKeyId":"A","SecretAccessKey":"S","Expiration":1e30})"},
        {CredentialsForm::instance, R"({"Code":"AssumeRoleUnauthorizedAccess","Message":"CANARY"})"},
        {CredentialsForm::sso, R"({"accessKeyId":"A","secretAccessKey":"CANARY"})"},
        {CredentialsForm::sso, R"({"roleCredentials":"CANARY"})"},
        {CredentialsForm::container, "CANARY"},
        {CredentialsForm::container, "[]"}};
    for (auto const& [form, text] : wrong) {
        auto const read = parse_credentials(text, form);
        ASSERT_FALSE(read) << text;
        EXPECT_FALSE(read.error().message.contains("CANARY")) << read.error().message;
    }
}

TEST(SplitCommand, SplitsAsAShellDoesWithoutExpanding) {
    using Words = std::vector<std::string>;
    EXPECT_EQ(split_command("a  b\tc").value(), (Words{"a", "b", "c"}));
    EXPECT_EQ(split_command(R"(/x "two words" 'it''s' "" a\ b "q\"\\n")").value(),
              (Words{"/x", "two words", "its", "", "a b", "q\"\\n"}));
    EXPECT_EQ(split_command("echo $HOME `id` ; rm *").value(),
              (Words{"echo", "$HOME", "`id`", ";", "rm", "*"}));
    EXPECT_FALSE(split_command("a 'b"));
    EXPECT_FALSE(split_command("  "));
}

Result<ProcessOutput> run(std::vector<std::string> words,
                          std::chrono::milliseconds patience = std::chrono::seconds(20)) {
    return kaiwa::test::run_task(run_process(std::move(words), patience));
}

TEST(ChildProcess, GivesOutputErrorsAndStatus) {
    auto const done = run({"sh", "-c", "echo out; echo err >&2; exit 3"});
    EXPECT_EQ(done->output, "out\n");
    EXPECT_EQ(done->errors, "err\n");
    EXPECT_EQ(done->status, 3);
    EXPECT_EQ(run({"sh", "-c", "kill -9 $$"})->status, 128 + 9);
}

TEST(ChildProcess, KillsWhatDoesNotEndWithEverythingItStarted) {
    auto const begun = std::chrono::steady_clock::now();
    EXPECT_EQ(run({"sh", "-c", "sleep 60 & sleep 60"}, std::chrono::milliseconds(100)).error().code,
              Errc::timed_out);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
}

TEST(ChildProcess, RefusesWhatWritesWithoutEndAndWhatIsNotThere) {
    EXPECT_EQ(run({"yes"}).error().code, Errc::too_large);
    EXPECT_EQ(run({"/no/such/program"}).error().code, Errc::unavailable);
}

}  // namespace
}  // namespace kaiwa::aws
