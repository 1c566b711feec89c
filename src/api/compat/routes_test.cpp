#include "api/compat/routes.hpp"

#include "api/compat/direct_event.hpp"
#include "api/test_doubles.hpp"
#include "api/test_services.hpp"
#include "http/target.hpp"
#include "base/json.hpp"
#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

namespace kaiwa::api::compat {
namespace {

using api::test::RecordingWriter;
using kaiwa::test::run_task;

class NoKeys final : public auth::KeySource {
public:
    asio::awaitable<Result<std::shared_ptr<auth::KeySet const>>> keys(std::string,
                                                                      Freshness) override {
        co_return fail(Errc::unavailable, "no issuer here");
    }
};

class DialectRoutesTest : public testing::Test {
protected:
    void enable(std::initializer_list<Dialect> dialects,
                PrincipalKind principal = PrincipalKind::api_key) {
        for (auto const dialect : dialects) {
            settings->of(dialect).enabled = true;
            settings->of(dialect).principal = principal;
        }
        auto const api = std::make_shared<api::Services const>(services.services());
        api::add_routes(router, services.services());
        add_routes(router, {api, tokens, quota, [this] { return settings; }});
        router.set_fallback([](http::Request&, http::ResponseWriter& writer) {
            http::ResponseHead head{200, {{"Content-Type", "text/html"}}};
            return writer.respond(std::move(head), "the page");
        });
    }
    asio::awaitable<bool> admitted(http::Router::Match& match, http::Request& request) {
        co_await router.admit(match, request);
        co_return !match.is_refused();
    }
    RecordingWriter ask(http::Request request) {
        RecordingWriter writer;
        auto match = router.match(request.method, request.path);
        (void)run_task(router.answer(std::move(match), request, writer));
        return writer;
    }
    RecordingWriter post(std::string path, std::string body, http::Headers headers = {}) {
        auto request = api::test::make_request("POST", std::move(path), std::move(headers));
        request.body = std::move(body);
        return ask(std::move(request));
    }
    RecordingWriter get(std::string path, http::Query query = {}) {
        auto request = api::test::make_request("GET", std::move(path), {});
        request.query = std::move(query);
        return ask(std::move(request));
    }

    api::test::TestServices services;
    NoKeys keys;
    auth::TokenVerifier tokens{keys, services.clock};
    AnonymousQuota quota{services.clock};
    std::shared_ptr<Settings> settings = std::make_shared<Settings>(default_settings());
    http::Router router;
};

TEST_F(DialectRoutesTest, AreNoneUntilTheyAreNamed) {
    enable({});
    EXPECT_EQ(get("/").body, "the page");
    EXPECT_EQ(get("/", {{"input_text", "x"}}).body, "the page");
    for (auto const& route : router.routes())
        EXPECT_TRUE(route.pattern.starts_with("/api") || route.method == "GET") << route.pattern;
}

TEST_F(DialectRoutesTest, AreThoseOfTheContract) {
    enable({Dialect::lambda_url, Dialect::simplechat, Dialect::gptgram, Dialect::private_rag});
    std::ifstream file(KAIWA_OPENAPI);
    std::string const contract((std::istreambuf_iterator<char>(file)), {});
    for (auto const* path : {"\n  /:\n", "\n  /chat:\n", "\n  /main:\n"})
        EXPECT_TRUE(contract.contains(path)) << path;
    std::set<std::string> ours;
    for (auto const& route : router.routes())
        if (route.pattern == "/" || route.pattern == "/chat" || route.pattern == "/main")
            ours.insert(route.method + " " + route.pattern);
    EXPECT_EQ(ours, (std::set<std::string>{"GET /", "POST /", "OPTIONS /", "POST /chat",
                                           "OPTIONS /chat", "POST /main", "OPTIONS /main"}));
}

TEST_F(DialectRoutesTest, LeaveThePageWhereNothingIsAsked) {
    enable({Dialect::lambda_url});
    EXPECT_EQ(get("/").body, "the page");
    EXPECT_EQ(get("/", {{"session_id", "x"}}).body, "the page");
    EXPECT_EQ(get("//").body, "the page");
    auto head = api::test::make_request("HEAD", "/", {});
    head.query = {{"input_text", "x"}};
    EXPECT_EQ(ask(std::move(head)).body, "the page") << "HEAD asks no model";
    EXPECT_EQ(get("/", {{"input_text", ""}}).head.status, 401u);
}

TEST_F(DialectRoutesTest, TakeTheQueryStringForTheQuestionWhateverTheBodySays) {
    enable({Dialect::lambda_url, Dialect::private_rag}, PrincipalKind::anonymous);
    settings->anonymous.requests_per_minute = 1000;
    for (auto const* body : {"", "{", R"({"message":"m"})", R"({"input_text":"b"})"}) {
        auto request = api::test::make_request("POST", "/", {});
        request.query = {{"input_text", ""}};
        request.body = body;
        EXPECT_EQ(ask(std::move(request)).body, R"({"Message":"?input_text=: expected text"})")
            << body;
    }
    auto named = api::test::make_request("POST", "/", {});
    named.query = {{"session_id", "s"}};
    named.body = R"({"message":""})";
    EXPECT_TRUE(ask(std::move(named)).body.starts_with(R"({"error":)")) << "it asks nothing";
}

TEST_F(DialectRoutesTest, LeaveThePageWhereOnlyPostIsTheirs) {
    enable({Dialect::private_rag});
    EXPECT_EQ(get("/").body, "the page");
    EXPECT_EQ(get("/", {{"input_text", "x"}}).body, "the page");
}

TEST_F(DialectRoutesTest, TakeAnyHostAndNoCookieOfThePage) {
    enable({Dialect::simplechat});
    auto const cookie = run_task(services.sign_in("root", auth::UserRole::administrator));
    auto const writer = post("/chat", R"({"message":"m"})",
                             {{"Host", "anything.example"}, {"Cookie", "kaiwa=" + cookie}});
    EXPECT_EQ(writer.head.status, 401u);
    EXPECT_EQ(writer.body, R"({"success":false,"error":"Unauthorized","message":"Unauthorized"})");
    EXPECT_EQ(writer.head.headers.get("Access-Control-Allow-Origin"), "*");
}

TEST_F(DialectRoutesTest, RefuseWhoeverProvesNothing) {
    enable({Dialect::simplechat, Dialect::gptgram, Dialect::private_rag});
    for (auto const* value : {"", "x", "Bearer x", "Basic eDp5", "kw_x", "Bearer ",
                              "Bearer kw_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})
        for (auto const* path : {"/chat", "/main", "/"})
            EXPECT_EQ(post(path, R"({"message":"m"})", {{"Authorization", value}}).head.status, 401u)
                << value;
    EXPECT_EQ(post("/chat", "{", {}).head.status, 401u) << "before the body is judged";
    auto const two = post("/main", "{}", {{"Authorization", "a"}, {"Authorization", "b"}});
    EXPECT_EQ(two.head.status, 400u);
    EXPECT_EQ(post("/", "{}", {{"X-Api-Key", "kw_x"}}).head.status, 401u);
}

TEST_F(DialectRoutesTest, RefuseThemBeforeTheirBodyIsRead) {
    enable({Dialect::simplechat, Dialect::gptgram, Dialect::private_rag});
    auto const refused = [&](std::string path, std::string authorization) {
        auto request = api::test::make_request("POST", path, {});
        if (!authorization.empty()) request.headers.add("Authorization", authorization);
        auto match = router.match("POST", path);
        (void)run_task(admitted(match, request));
        return match.is_refused();
    };
    auto const key = run_task(services.make_key("ann"));
    for (auto const* path : {"/chat", "/prod/main", "/"}) {
        EXPECT_TRUE(refused(path, "")) << path;
        EXPECT_TRUE(refused(path, "Bearer kw_x")) << path;
        EXPECT_FALSE(refused(path, "Bearer " + key)) << path;
    }
    EXPECT_EQ(services.metrics.traffic.refused, 6u);
}

TEST_F(DialectRoutesTest, AskWhoeverMayUseOneOfTheTwoAtTheRootForTheBody) {
    settings->anonymous.requests_per_minute = 1;
    settings->of(Dialect::lambda_url).enabled = true;
    settings->of(Dialect::lambda_url).principal = PrincipalKind::anonymous;
    enable({Dialect::private_rag});
    // The body says that it is for the one that is closed, or for the one that is open.
    EXPECT_EQ(post("/", R"({"message":"m"})").head.status, 401u);
    EXPECT_EQ(post("/", R"({"input_text":""})").head.status, 400u);
    EXPECT_EQ(post("/", R"({"input_text":""})").head.status, 401u) << "the open one is used up";
}

TEST_F(DialectRoutesTest, AnswerASignatureThatNobodyVerifiedAsAwsDoes) {
    enable({Dialect::lambda_url}, PrincipalKind::iam);
    auto const writer = get("/", {{"input_text", "x"}});
    EXPECT_EQ(writer.head.status, 403u);
    EXPECT_EQ(writer.body, R"({"Message":"Forbidden"})");
    auto forged = api::test::make_request("GET", "/", {{"X-Amzn-Iam-Arn", "arn:aws:iam::1:user/a"}});
    forged.query = {{"input_text", "x"}};
    EXPECT_EQ(ask(std::move(forged)).head.status, 403u);
    auto verified = api::test::make_request("GET", "/", {});
    verified.query = {{"input_text", ""}};
    verified.verified_identity = "arn:aws:iam::123456789012:user/hana";
    EXPECT_EQ(ask(std::move(verified)).head.status, 400u);
    ASSERT_EQ(services.user_store.accounts.size(), 1u);
    EXPECT_EQ(services.user_store.accounts[0].user.name, "user/hana");
}

TEST_F(DialectRoutesTest, SayThatTheIssuerDoesNotAnswer) {
    settings->of(Dialect::gptgram).tokens = {"https://id.example", "client", std::nullopt};
    enable({Dialect::gptgram}, PrincipalKind::issuer);
    EXPECT_EQ(post("/main", R"({"message":"m"})", {{"Authorization", "Bearer a.b.c"}}).head.status,
              401u);
    EXPECT_EQ(post("/main", R"({"message":"m"})").body, R"({"message":"Unauthorized"})");
}

TEST_F(DialectRoutesTest, RefuseAMissingFieldWithTheirOwnKeys) {
    enable({Dialect::lambda_url, Dialect::simplechat, Dialect::gptgram, Dialect::private_rag},
           PrincipalKind::anonymous);
    settings->anonymous.requests_per_minute = 1000;
    for (auto const* body : {"", "{", "{}", "[]", "null", R"({"message":""})", R"({"message":7})"}) {
        auto const chat = post("/chat", body);
        EXPECT_EQ(chat.head.status, 400u) << body;
        EXPECT_TRUE(chat.body.starts_with(R"({"success":false,"error":")")) << chat.body;
        EXPECT_EQ(chat.head.headers.count("Access-Control-Allow-Methods"), 0u);
        auto const main = post("/main", body);
        EXPECT_EQ(main.head.status, 400u);
        EXPECT_TRUE(main.body.starts_with(R"({"message":")")) << main.body;
        auto const root = post("/", body);
        EXPECT_EQ(root.head.status, 400u);
        EXPECT_TRUE(root.body.starts_with(R"({"error":"Invalid request","details":")")) << root.body;
    }
    auto const url = get("/", {{"input_text", ""}});
    EXPECT_EQ(url.head.status, 400u);
    EXPECT_TRUE(url.body.starts_with(R"({"Message":")")) << url.body;
}

TEST_F(DialectRoutesTest, LimitWhoProvesNothing) {
    settings->anonymous.requests_per_minute = 3;
    enable({Dialect::lambda_url, Dialect::simplechat}, PrincipalKind::anonymous);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(get("/", {{"input_text", ""}}).head.status, 400u);
    auto const refused = get("/", {{"input_text", "x"}});
    EXPECT_EQ(refused.head.status, 429u);
    EXPECT_TRUE(refused.body.starts_with(R"({"Message":")"));
    EXPECT_EQ(refused.head.headers.get("Retry-After"), "1");
    EXPECT_EQ(post("/chat", R"({"message":"m"})").head.status, 429u);
}

TEST_F(DialectRoutesTest, AnswerPreflights) {
    enable({Dialect::lambda_url, Dialect::simplechat, Dialect::gptgram, Dialect::private_rag});
    auto const preflight = [&](std::string path) {
        return ask(api::test::make_request("OPTIONS", std::move(path), {{"Origin", "https://x"}}));
    };
    EXPECT_EQ(preflight("/chat").head.headers.get("Access-Control-Allow-Methods"), "OPTIONS,POST");
    EXPECT_EQ(preflight("//prod//main/").head.headers.get("Access-Control-Allow-Headers"),
              "Authorization,Content-Type");
    EXPECT_EQ(preflight("/").head.headers.get("Access-Control-Allow-Methods"), "*");
    EXPECT_EQ(preflight("/chat").head.status, 200u);
    EXPECT_EQ(preflight("/chat").body, "");
}

TEST_F(DialectRoutesTest, AnswerWhatNeverReachedThemWithTheirOwnKeys) {
    enable({Dialect::simplechat, Dialect::gptgram});
    auto const refused = [&](std::string path) {
        auto const request = api::test::make_request("POST", std::move(path), {});
        RecordingWriter writer;
        Error error{Errc::too_large, "the body is larger than 7 bytes", {}};
        (void)run_task(router.refuse(std::move(error), 413, {}, request, writer));
        return writer;
    };
    EXPECT_EQ(refused("/prod/chat").head.status, 413u);
    EXPECT_TRUE(refused("/prod/chat").body.starts_with(R"({"success":false)"));
    EXPECT_TRUE(refused("/main").body.starts_with(R"({"message")"));
    EXPECT_TRUE(refused("/api/threads").body.contains("\"code\""));
    EXPECT_TRUE(refused("/").body.contains("\"code\"")) << "no dialect is there";
}

TEST_F(DialectRoutesTest, AnswerDirectEventsOfTheirOwn) {
    enable({Dialect::lambda_url});
    auto const api = std::make_shared<api::Services const>(services.services());
    Services const own{api, tokens, quota, [this] { return settings; }};
    auto const answer = [&](std::string_view event) {
        auto value = *parse_json(event);
        auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(1);
        return run_task(answer_direct_event(own, std::move(value), deadline));
    };
    for (auto const* event : {"[]", "null", "{}", R"({"input_text":""})", R"({"action":"get"})",
                              R"({"input_text":"x","queryStringParameters":{"session_id":"s"}})"})
        EXPECT_EQ(answer(event).error().code, Errc::invalid_argument) << event;
}

TEST(DialectPath, FoldsSlashesAndDropsTheStage) {
    for (auto const& [path, folded] :
         {std::pair{"/chat", "/chat"}, std::pair{"//chat", "/chat"}, std::pair{"/prod/chat", "/chat"},
          std::pair{"/prod//chat/", "/chat"}, std::pair{"/Prod/main", "/main"},
          std::pair{"/prod", "/"}, std::pair{"/prod/", "/"}, std::pair{"///", "/"},
          std::pair{"/", "/"}, std::pair{"/main", "/main"}})
        EXPECT_EQ(dialect_path(path, "prod"), folded) << path;
    for (auto const* path : {"/prod/prod/chat", "/chat/prod", "/api/session", "//api//session",
                             "/prod/api/session", "/chats", "/dev/chat", "/chat/x",
                             "/prod;x/chat", "/prod /chat"})
        EXPECT_FALSE(dialect_path(path, "prod")) << path;
    EXPECT_FALSE(dialect_path("/prod/chat", ""));
    EXPECT_EQ(dialect_path("//chat", ""), "/chat");
}

}  // namespace
}  // namespace kaiwa::api::compat
