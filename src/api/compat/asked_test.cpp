#include "api/compat/asked.hpp"

#include "api/test_doubles.hpp"

#include <gtest/gtest.h>

namespace kaiwa::api::compat {
namespace {

Result<Asked> read(Dialect dialect, std::string_view body) {
    auto const value = parse_json(body);
    EXPECT_TRUE(value) << body;
    return read_body(dialect, *value);
}

http::Request query(std::vector<std::pair<std::string, std::string>> parameters) {
    auto request = api::test::make_request("GET", "/", {});
    request.query = std::move(parameters);
    return request;
}

TEST(AskedTest, ReadsTheQuestionOfAnAddress) {
    auto const asked = read_query(query({{"input_text", "おはよう"}, {"session_id", "s-1"}}));
    ASSERT_TRUE(asked) << asked.error().message;
    EXPECT_EQ(asked->text, "おはよう");
    EXPECT_EQ(asked->session_id, "s-1");
    EXPECT_EQ(asked->shape, Shape::output_text);
    EXPECT_FALSE(read_query(query({{"input_text", "x"}, {"session_id", ""}}))->session_id);
    EXPECT_EQ(read_query(query({{"input_text", ""}})).error().code, Errc::invalid_argument);
    EXPECT_EQ(read_query(query({{"input_text", " \u3000"}})).error().code, Errc::invalid_argument);
    EXPECT_FALSE(read_query(query({{"input_text", "x"}, {"session_id", "a\nb"}})));
    EXPECT_FALSE(read_query(query({{"input_text", "x"}, {"session_id", std::string(257, 'x')}})));
    EXPECT_EQ(read_query(query({{"continue", "c"}}))->continuation, "c");
}

TEST(AskedTest, ReadsWhatIsPostedToTheRoot) {
    auto const message = read(Dialect::private_rag, R"({"message":"m","session_id":"s"})");
    EXPECT_EQ(message->text, "m");
    EXPECT_EQ(message->session_id, "s");
    EXPECT_EQ(message->shape, Shape::root);
    EXPECT_EQ(read(Dialect::lambda_url, R"({"message":"m"})")->shape, Shape::root);
    EXPECT_EQ(read(Dialect::lambda_url, R"({"input_text":"m"})")->shape, Shape::output_text);
    EXPECT_FALSE(read(Dialect::private_rag, R"({"message":"m","session_id":null})")->session_id);
    for (auto const* body :
         {"{}", "[]", "null", "7", R"({"message":""})", R"({"message":7})", R"({"message":null})",
          R"({"message":"m","session_id":7})", R"({"message":"m","session_id":"a\u0000b"})",
          R"({"input_text":""})", R"({"message":" \n\u3000"})", R"({"message":"m","continue":7})"})
        EXPECT_FALSE(read(Dialect::private_rag, body)) << body;
}

TEST(AskedTest, ChoosesTheDialectOfTheRootByItsFields) {
    auto settings = default_settings();
    settings.of(Dialect::lambda_url).enabled = true;
    auto const input_text = *parse_json(R"({"input_text":"x"})");
    auto const message = *parse_json(R"({"message":"x"})");
    EXPECT_EQ(dialect_of_root(&message, settings), Dialect::lambda_url);
    settings.of(Dialect::private_rag).enabled = true;
    EXPECT_EQ(dialect_of_root(&message, settings), Dialect::private_rag);
    EXPECT_EQ(dialect_of_root(&input_text, settings), Dialect::lambda_url);
    EXPECT_EQ(dialect_of_root(nullptr, settings), Dialect::private_rag);
    settings.of(Dialect::lambda_url).enabled = false;
    EXPECT_EQ(dialect_of_root(&input_text, settings), Dialect::private_rag);
}

TEST(AskedTest, ReadsAConversationThatTheClientKeeps) {
    auto const asked = read(
        Dialect::simplechat,
        R"({"message":"色は?","conversationHistory":[{"role":"user","content":"空を見て"},{"role":"assistant","content":"はい","x":1}]})");
    ASSERT_TRUE(asked) << asked.error().message;
    using Kind = chat::Remembered::Kind;
    ASSERT_TRUE(asked->remembered);
    EXPECT_EQ(*asked->remembered, (std::vector<chat::Remembered>{{Kind::user, "空を見て"},
                                                                {Kind::assistant, "はい"}}));
    EXPECT_FALSE(asked->session_id);
    EXPECT_TRUE(read(Dialect::simplechat, R"({"message":"m"})")->remembered->empty());
    auto const kept =
        read(Dialect::simplechat, R"({"message":"m","conversationId":"c","messageId":"i"})");
    EXPECT_FALSE(kept->remembered) << "the thread remembers";
    EXPECT_EQ(kept->session_id, "c");
    EXPECT_EQ(kept->idempotency_key, "i");
    for (auto const* history :
         {"{}", "7", R"("x")", "[7]", "[null]", R"([{"role":"user"}])", R"([{"content":"x"}])",
          R"([{"role":"system","content":"x"}])", R"([{"role":"user","content":7}])"})
        EXPECT_FALSE(read(Dialect::simplechat,
                          std::string(R"({"message":"m","conversationHistory":)") + history + "}"))
            << history;
}

TEST(AskedTest, TakesARoleAsTextOrAsNameAndText) {
    EXPECT_FALSE(read(Dialect::gptgram, R"({"message":"m"})")->role);
    EXPECT_FALSE(read(Dialect::gptgram, R"({"message":"m","role":""})")->role);
    EXPECT_FALSE(read(Dialect::gptgram, R"({"message":"m","role":null})")->role);
    EXPECT_EQ(read(Dialect::gptgram, R"({"message":"m","role":"先生"})")->role, "先生");
    EXPECT_EQ(read(Dialect::gptgram, R"({"message":"m","role":{"name":"n","text":"t"}})")->role,
              "n\nt");
    auto const with_role = [](std::string const& role) {
        return read(Dialect::gptgram, R"({"message":"m","role":)" + role + "}");
    };
    std::string hundred;
    for (int i = 0; i < 100; ++i) hundred += "語";
    EXPECT_TRUE(with_role("\"" + hundred + "\""));
    for (auto const& role : {"\"" + hundred + "x\"", std::string("7"), std::string("[]"),
                             std::string("{}"), std::string(R"({"text":""})"),
                             R"({"name":"x","text":")" + hundred + "x\"}",
                             std::string(R"({"name":"123456789012345678901","text":"t"})"),
                             std::string(R"({"name":"n","text":"t","x":1})")})
        EXPECT_FALSE(with_role(role)) << role;
}

TEST(AskedTest, TakesTheThreeActionsOnARole) {
    using Kind = RoleAction::Kind;
    auto const put = read(Dialect::gptgram, R"({"action":"addOrUpdate","role":"先生"})");
    ASSERT_TRUE(put && put->role_action);
    EXPECT_EQ(put->role_action->kind, Kind::put);
    EXPECT_EQ(put->role_action->role, "先生");
    EXPECT_EQ(read(Dialect::gptgram, R"({"action":"get"})")->role_action->kind, Kind::get);
    EXPECT_EQ(read(Dialect::gptgram, R"({"action":"delete"})")->role_action->kind, Kind::remove);
    for (auto const* body :
         {R"({"action":"addOrUpdate"})", R"({"action":"drop"})", R"({"action":null})"})
        EXPECT_FALSE(read(Dialect::gptgram, body)) << body;
    auto const none = read(Dialect::gptgram, R"({"action":null,"message":"m"})");
    ASSERT_TRUE(none) << "null is none";
    EXPECT_FALSE(none->role_action);
    EXPECT_EQ(none->text, "m");
}

TEST(AskedTest, LeavesAloneWhatNoDialectKnows) {
    EXPECT_TRUE(read(Dialect::simplechat, R"({"message":"m","model":"x","path":"/etc/passwd"})"));
    EXPECT_TRUE(read(Dialect::private_rag, R"({"message":"m","files":["x"]})"));
}

TEST(AskedTest, TakesOneIdempotencyKey) {
    Asked asked;
    auto const with = [&](http::Headers headers) {
        return read_idempotency_key(api::test::make_request("POST", "/", std::move(headers)), asked);
    };
    EXPECT_TRUE(with({}));
    EXPECT_FALSE(asked.idempotency_key);
    EXPECT_TRUE(with({{"Idempotency-Key", "k"}}));
    EXPECT_EQ(asked.idempotency_key, "k");
    EXPECT_FALSE(with({{"Idempotency-Key", ""}}));
    EXPECT_FALSE(with({{"Idempotency-Key", std::string(256, 'x')}}));
    EXPECT_FALSE(with({{"Idempotency-Key", "\xFF"}}));
    EXPECT_FALSE(with({{"Idempotency-Key", "a"}, {"Idempotency-Key", "b"}}));
}

TEST(Continuation, RemembersThatNothingIsKeptBehindIt) {
    auto const id = GenerationId::parse("0190b1e4-7a1c-7def-8123-456789abcdef").value();
    using enum Continuation::Keep;
    for (std::string const& shown : {std::string("q"), std::string("私の会話"), std::string(256, 's')}) {
        std::string const issued(36, 'i');
        auto const back = Continuation::parse(Continuation{id, issued, once, shown}.text());
        ASSERT_TRUE(back);
        EXPECT_EQ(back->keep, once);
        EXPECT_EQ(back->session_id, issued);
        EXPECT_EQ(back->shown_id, shown);
    }
    EXPECT_EQ(Continuation::parse(Continuation{id, "mine", yes, "other"}.text())->shown_id, "");
    for (auto const* text : {".c2Vzc2lvbg.", ".c2Vzc2lvbg.!", ".c2Vzc2lvbg.cQ.cQ", "..cQ"})
        EXPECT_FALSE(Continuation::parse(id.text() + text)) << text;
}

TEST(Continuation, ComesBackAsItWent) {
    auto const id = *GenerationId::parse("01890000-0000-7000-8000-00000000dead");
    Continuation const continuation{id, "会話 1"};
    auto const back = Continuation::parse(continuation.text());
    ASSERT_TRUE(back);
    EXPECT_EQ(back->generation, id);
    EXPECT_EQ(back->session_id, "会話 1");
    for (std::string const& text :
         {std::string(), std::string("x"), id.text(), id.text() + ".", id.text() + ".!",
          id.text() + ".AAAA", id.text() + "-" + "c2Vzc2lvbg", "x" + continuation.text(),
          id.text() + "." + std::string(600, 'A')})
        EXPECT_FALSE(Continuation::parse(text)) << text;
}

}  // namespace
}  // namespace kaiwa::api::compat
