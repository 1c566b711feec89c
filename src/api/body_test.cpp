#include "api/fields.hpp"
#include "api/page_command.hpp"
#include "api/problem.hpp"
#include "api/provider_body.hpp"
#include "api/turn_body.hpp"
#include "llm/provider_config.hpp"

#include <gtest/gtest.h>

namespace kaiwa::api {
namespace {

constexpr auto id = "01890000-0000-7000-8000-000000000001";
constexpr auto other = "01890000-0000-7000-8000-000000000002";

Result<chat::Question> read(std::string text) {
    for (auto at = text.find('#'); at != text.npos; at = text.find('#')) text.replace(at, 1, id);
    return read_question(parse_json(text).value(), 2);
}

unsigned status(std::string text) {
    auto const question = read(std::move(text));
    return question ? 200 : to_problem(question.error()).status;
}

TEST(Texts, AreBlankInAnyScript) {
    for (auto const* blank : {"", " ", "\r\n\t", "\u3000 \u3000", "\u00A0\uFEFF\u2028"})
        EXPECT_TRUE(is_blank(blank)) << blank;
    for (auto const* text : {"a", " 会 ", "\u3000。", "\u200Ba", "\xE3\x80"})
        EXPECT_FALSE(is_blank(text)) << text;
}

TEST(TurnBody, IsReadWhole) {
    auto const question = read(
        R"({"message":{"id":"#","text":"hi","parent":"#","files":["#"]},"model":"local/a",)"
        R"("parameters":{"temperature":0.5,"top_p":1,"max_tokens":9,"system_prompt":"s"}})");
    ASSERT_TRUE(question);
    EXPECT_EQ(question->text, "hi");
    EXPECT_EQ(question->parent.kind, chat::TurnParent::Kind::message);
    EXPECT_EQ(question->files.size(), 1u);
    EXPECT_EQ(question->settings.model, "local/a");
    EXPECT_EQ(question->settings.temperature, 0.5);
    EXPECT_EQ(question->settings.max_tokens, 9);
    EXPECT_EQ(question->settings.system_prompt, "s");
}

TEST(TurnBody, TellsNoParentFromTheRoot) {
    using Kind = chat::TurnParent::Kind;
    EXPECT_EQ(read(R"({"message":{"id":"#","text":"hi"}})")->parent.kind, Kind::head);
    EXPECT_EQ(read(R"({"message":{"id":"#","text":"hi","parent":null}})")->parent.kind, Kind::root);
}

TEST(TurnBody, RefusesWhatIsMalformedAndDoesNotFindWhatLeadsNowhere) {
    EXPECT_EQ(status(R"([])"), 400u);
    EXPECT_EQ(status(R"({})"), 400u);
    EXPECT_EQ(status(R"({"message":7})"), 400u);
    EXPECT_EQ(status(R"({"message":{"id":"x","text":"hi"}})"), 400u);
    EXPECT_EQ(status(R"({"message":{"id":"#"}})"), 400u);
    EXPECT_EQ(status(R"({"message":{"id":"#","text":""}})"), 400u);
    EXPECT_EQ(status(R"({"message":{"id":"#","text":" \n\u3000\t"}})"), 400u);
    EXPECT_EQ(status(R"({"message":{"id":"#","text":"a\u0000b"}})"), 400u);
    EXPECT_EQ(status(R"({"message":{"id":"#","text":"hi","parent":5}})"), 400u);
    EXPECT_EQ(status(R"({"message":{"id":"#","text":"hi","files":["#","#","#"]}})"), 400u);
    EXPECT_EQ(status(R"({"message":{"id":"#","text":"hi","role":"user"}})"), 400u);
    EXPECT_EQ(status(R"({"message":{"id":"#","text":"hi"},"extra":1})"), 400u);
    EXPECT_EQ(status(R"({"message":{"id":"#","text":"hi"},"parameters":{"temperature":2}})"), 400u);
    EXPECT_EQ(status(R"({"message":{"id":"#","text":"hi"},"parameters":{"max_tokens":-1}})"), 400u);
    EXPECT_EQ(status(R"({"message":{"id":"#","text":"hi"},"parameters":{"max_tokens":1e300}})"),
              400u);
    EXPECT_FALSE(parse_json(R"({"parameters":{"max_tokens":1e400}})").has_value());
    EXPECT_EQ(status(R"({"message":{"id":"#","text":"hi","parent":"nowhere"}})"), 404u);
    EXPECT_EQ(status(R"({"message":{"id":"#","text":"hi","files":["nowhere"]}})"), 404u);
    auto const long_text = std::string(max_message_bytes + 1, 'x');
    EXPECT_EQ(status(R"({"message":{"id":"#","text":")" + long_text + R"("}})"), 400u);
    EXPECT_EQ(status(R"({"message":{"id":"#","text":")" + long_text.substr(1) + R"("}})"), 200u);
}

TEST(Settings, ChangeFieldByFieldAndNullTakesOneAway) {
    chat::ThreadSettings before;
    before.model = "a/b";
    before.parameters.top_p = 0.5;
    auto const change = parse_json(R"({"model":null,"temperature":0})").value();
    auto const after = read_settings(change).value().apply_to(before);
    EXPECT_FALSE(after.model);
    EXPECT_EQ(after.parameters.temperature, 0.0);
    EXPECT_EQ(after.parameters.top_p, 0.5);
    EXPECT_FALSE(read_settings(parse_json(R"({"seed":1})").value()));
}

TEST(PageCommands, AreFollowAndUnfollow) {
    auto const follow = parse_command(R"({"follow":"g","after":7})").value();
    EXPECT_EQ(follow.kind, PageCommand::Kind::follow);
    EXPECT_EQ(follow.generation, "g");
    EXPECT_EQ(follow.after, 7u);
    EXPECT_EQ(parse_command(R"({"unfollow":"g"})")->kind, PageCommand::Kind::unfollow);
    for (auto const* bad : {"", "[]", "{}", R"({"follow":"g","unfollow":"g"})", R"({"follow":1})",
                            R"({"follow":"g","after":-1})", R"({"follow":"g","after":"1"})",
                            R"({"follow":"g","x":1})", R"({"follow":null})"})
        EXPECT_FALSE(parse_command(bad)) << bad;
}

Result<llm::ProviderConfig> change_provider(llm::ProviderConfig config, std::string_view body) {
    auto const value = parse_json(body).value();
    JsonFields fields(value, "the body");
    read_provider(fields, config);
    if (auto ok = fields.finish(); !ok) return std::unexpected(ok.error());
    return config;
}

TEST(ProviderBody, NeverTakesAKeyToAnotherServer) {
    llm::ProviderConfig known;
    known.kind = "openai";
    known.base_url = "https://api.example.com/v1";
    known.api_key = Secret("k");
    EXPECT_FALSE(change_provider(known, R"({"base_url":"https://evil.example/v1"})"));
    EXPECT_FALSE(change_provider(known, R"({"base_url":"http://api.example.com/v1"})"));
    EXPECT_FALSE(change_provider(known, R"({"base_url":"https://api.example.com:444/v1"})"));
    EXPECT_TRUE(change_provider(known, R"({"base_url":"https://api.example.com/v2"})"));
    auto const moved =
        change_provider(known, R"({"base_url":"https://other.example/v1","api_key":"new"})");
    EXPECT_EQ(moved->api_key.reveal(), "new");
}

TEST(ProviderBody, ALostKeyIsEnteredAgainBeforeAnythingElseChanges) {
    llm::ProviderConfig known;
    known.kind = "openai";
    known.base_url = "https://api.example.com/v1";
    known.is_key_lost = true;
    EXPECT_FALSE(change_provider(known, R"({"models":["m"]})"));
    EXPECT_FALSE(change_provider(known, R"({"base_url":"https://other.example/v1"})"));
    auto const again = change_provider(known, R"({"models":["m"],"api_key":"k"})");
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->is_key_lost);
    EXPECT_EQ(again->api_key.reveal(), "k");
    auto const without = change_provider(known, R"({"api_key":""})");
    ASSERT_TRUE(without) << "that it needs none is said, too";
    EXPECT_FALSE(without->is_key_lost);
}

TEST(ProviderBody, NeverTakesAKeyThatIsKeptElsewhereToAnotherServer) {
    llm::ProviderConfig known;
    known.kind = "openai";
    known.base_url = "https://api.example.com/v1";
    known.options.emplace(llm::key_from_option, "secret:aws-secret:openai");
    known.options.emplace("organization", "o");
    EXPECT_FALSE(change_provider(known, R"({"base_url":"https://evil.example/v1"})"));
    EXPECT_FALSE(change_provider(known, R"({"kind":"bedrock","base_url":""})"));

    auto const moved =
        change_provider(known, R"({"base_url":"https://evil.example/v1","api_key":"new"})");
    ASSERT_TRUE(moved);
    EXPECT_EQ(llm::key_reference(*moved), "");
    EXPECT_EQ(moved->origin, llm::ProviderOrigin::store);
    EXPECT_EQ(moved->api_key.reveal(), "new");

    auto const same = change_provider(known, R"({"base_url":"https://api.example.com/v2"})");
    EXPECT_EQ(llm::key_reference(*same), "secret:aws-secret:openai");
    EXPECT_EQ(same->origin, llm::ProviderOrigin::configuration);
    EXPECT_EQ(llm::key_reference(*change_provider(known, R"({"api_key":"own"})")), "");
}

TEST(ProviderBody, WhatIsNoLongerAsConfiguredUsesNoKeyOfTheMachine) {
    llm::ProviderConfig known;  // without a key of its own, as with the machine's role or token
    known.kind = "bedrock";
    auto const moved = change_provider(known, R"({"base_url":"https://evil.example"})");
    EXPECT_EQ(moved->origin, llm::ProviderOrigin::store);
    known.kind = "openai";
    known.base_url = "https://gateway.example";
    EXPECT_EQ(change_provider(known, R"({"kind":"bedrock"})")->origin, llm::ProviderOrigin::store);
    EXPECT_EQ(change_provider(known, R"({"models":["m"]})")->origin,
              llm::ProviderOrigin::configuration);
}

TEST(ProviderBody, GivesARegionToBedrockAlone) {
    llm::ProviderConfig known;
    known.kind = "bedrock";
    known.api_key = Secret("k");
    auto const moved = change_provider(known, R"({"region":"eu-west-1","base_url":""})");
    ASSERT_TRUE(moved);
    EXPECT_EQ(moved->options.at("region"), "eu-west-1");
    EXPECT_TRUE(change_provider(*moved, R"({"region":""})")->options.empty());
    EXPECT_TRUE(change_provider(*moved, R"({"kind":"openai"})")->options.empty());
    for (auto const* body :
         {R"({"region":"us east"})", R"({"region":"x.evil.example/"})", R"({"region":7})",
          R"({"kind":"openai","region":"us-east-1"})", R"({"kind":"openai","base_url":""})",
          R"({"base_url":"https://evil.example"})", R"({"kind":"openai","base_url":"https://a.b"})"})
        EXPECT_FALSE(change_provider(known, body)) << body;
}

TEST(ProviderBody, TakesAddressesAndNamesOfTheRightShapeOnly) {
    for (auto const* url : {"file:///etc/passwd", "ftp://x", "x", "https://u:p@x/", "https://x/?q",
                            "http://"})
        EXPECT_FALSE(is_base_url(url)) << url;
    EXPECT_TRUE(is_base_url("http://127.0.0.1:9900/v1"));
    std::string const azure = "https://r.openai.azure.com/openai/deployments/d/chat/completions";
    EXPECT_TRUE(is_base_url(azure + "?api-version=2024-10-21"));
    EXPECT_FALSE(is_base_url(azure + "?api-version=2024-10-21&code=secret"));
    EXPECT_FALSE(is_base_url(azure + "?code=secret"));
    EXPECT_FALSE(is_base_url(azure + "?api-version=1#there"));
    for (auto const* name : {"", "-a", "A", "a/b", "a b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})
        EXPECT_FALSE(is_provider_name(name)) << name;
    EXPECT_TRUE(is_provider_name("open-router2"));
}

TEST(References, ThatAreMalformedAreNotFound) {
    EXPECT_TRUE(reference<ThreadId>(other));
    for (auto const* bad : {"", "x", "01890000-0000-7000-8000-00000000000G",
                            "01890000-0000-7000-8000-00000000000A", "../../etc/passwd"})
        EXPECT_EQ(reference<ThreadId>(bad).error().code, Errc::not_found) << bad;
}

}  // namespace
}  // namespace kaiwa::api
