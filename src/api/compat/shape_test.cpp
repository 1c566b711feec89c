#include "api/compat/shape.hpp"

#include "api/test_doubles.hpp"

#include <gtest/gtest.h>

namespace kaiwa::api::compat {
namespace {

Asked asked_as(Dialect dialect, std::string_view body) { return *read_body(dialect, *parse_json(body)); }

Answered const blue{"s-1", "青です。", std::nullopt};

TEST(Shape, OfAWholeAnswerIsTheSystemsOwn) {
    auto const url = asked_as(Dialect::lambda_url, R"({"input_text":"色は?"})");
    EXPECT_EQ(whole_reply(url, blue).json, R"({"session_id":"s-1","output_text":"青です。"})");
    auto const root = asked_as(Dialect::private_rag, R"({"message":"色は?"})");
    EXPECT_EQ(whole_reply(root, blue).json,
              R"({"response":"青です。","output_text":"青です。","session_id":"s-1"})");
    auto const gptgram = asked_as(Dialect::gptgram, R"({"message":"色は?"})");
    EXPECT_EQ(whole_reply(gptgram, blue).json, R"({"message":"青です。"})");
    auto const simple = asked_as(
        Dialect::simplechat,
        R"({"message":"色は?","conversationHistory":[{"role":"user","content":"空を見て"}],"messageId":"m"})");
    EXPECT_EQ(
        whole_reply(simple, blue).json,
        R"({"success":true,"response":"青です。","conversationHistory":[{"role":"user","content":"空を見て"},{"role":"user","content":"色は?"},{"role":"assistant","content":"青です。"}],"messageId":"m"})");
    EXPECT_EQ(whole_reply(url, blue).status, 200u);
}

TEST(Shape, SaysWhenAnAnswerWasCut) {
    auto const gptgram = asked_as(Dialect::gptgram, R"({"message":"色は?"})");
    EXPECT_EQ(whole_reply(gptgram, {"s", "青", "length"}).json,
              R"({"message":"青","finish":"length"})");
}

TEST(Shape, OfAnUnfinishedAnswerIsNoAnswer) {
    for (auto const dialect : all_dialects) {
        auto const asked = asked_as(dialect, R"({"message":"色は?"})");
        auto const reply = partial_reply(asked, blue, "token");
        EXPECT_EQ(reply.status, 202u);
        auto const members = parse_json(reply.json)->get_object();
        EXPECT_EQ(members.at("partial"), "青です。");
        EXPECT_EQ(members.at("continue"), "token");
        for (auto const* name : {"response", "output_text"}) EXPECT_FALSE(members.contains(name));
        if (dialect == Dialect::simplechat) EXPECT_EQ(members.at("success"), false);
        else EXPECT_FALSE(members.contains("message"));
    }
}

TEST(Shape, OfAFailureHasTheSystemsKeys) {
    Error const missing{Errc::invalid_argument, "message: it is missing", {}};
    EXPECT_EQ(error_reply(Dialect::lambda_url, missing).json,
              R"({"Message":"message: it is missing"})");
    EXPECT_EQ(
        error_reply(Dialect::simplechat, missing).json,
        R"({"success":false,"error":"message: it is missing","message":"message: it is missing"})");
    EXPECT_EQ(error_reply(Dialect::gptgram, missing).json,
              R"({"message":"message: it is missing"})");
    EXPECT_EQ(error_reply(Dialect::private_rag, missing).json,
              R"({"error":"Invalid request","details":"message: it is missing"})");
    EXPECT_EQ(error_reply(Dialect::private_rag, missing).status, 400u);
    EXPECT_EQ(error_reply(Dialect::lambda_url, {Errc::forbidden, "x", {}}).json,
              R"({"Message":"Forbidden"})");
    EXPECT_EQ(error_reply(Dialect::gptgram, {Errc::unauthenticated, "x", {}}).json,
              R"({"message":"Unauthorized"})");
}

TEST(Shape, OfABugTellsNothing) {
    Error const bug{Errc::internal, "secret-canary at 0x1234", {}};
    for (auto const dialect : all_dialects) {
        auto const reply = error_reply(dialect, bug);
        EXPECT_EQ(reply.status, 500u);
        EXPECT_FALSE(reply.json.contains("canary")) << reply.json;
    }
    EXPECT_TRUE(error_reply(Dialect::private_rag, bug).json.starts_with(
        R"({"error":"Internal server error","details":)"));
    EXPECT_TRUE(failed_reply(Dialect::private_rag, "bad \xFF").json.ends_with("\"bad \xEF\xBF\xBD\"}"));
}

TEST(Cors, HasEachDialectsOwnLists) {
    auto const gateway = "Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token";
    auto const check = [](Dialect dialect, Outcome outcome, std::string_view names,
                          std::string_view methods) {
        auto const headers = cors_headers(dialect, outcome);
        EXPECT_EQ(headers.get("Access-Control-Allow-Origin"), "*");
        EXPECT_EQ(headers.get("Access-Control-Allow-Headers"), names);
        EXPECT_EQ(headers.get("Access-Control-Allow-Methods"), methods);
    };
    for (auto const outcome : {Outcome::success, Outcome::failure}) {
        check(Dialect::lambda_url, outcome, "*", "*");
        check(Dialect::gptgram, outcome, "Authorization,Content-Type", "POST,OPTIONS");
        check(Dialect::private_rag, outcome, gateway, "OPTIONS,POST,GET");
    }
    check(Dialect::simplechat, Outcome::success, gateway, "OPTIONS,POST");
    check(Dialect::simplechat, Outcome::failure, "", "");
}

TEST(Cors, NamesAuthorizationToWhoeverAsksForItWhereAStarStands) {
    auto const preflight = [](std::string asked) {
        auto const request = api::test::make_request(
            "OPTIONS", "/", {{"Access-Control-Request-Headers", std::move(asked)}});
        auto const headers = preflight_headers(Dialect::lambda_url, request);
        return std::string(headers.get("Access-Control-Allow-Headers"));
    };
    EXPECT_EQ(preflight("content-type"), "*");
    EXPECT_EQ(preflight("content-type, Authorization"), "*,Authorization");
}

}  // namespace
}  // namespace kaiwa::api::compat
