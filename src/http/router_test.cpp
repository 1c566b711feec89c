#include "http/router.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <stdexcept>

namespace kaiwa::http {

namespace {

/// Keeps what a route answered.
class RecordingWriter final : public ResponseWriter {
public:
    asio::awaitable<Result<void>> respond(ResponseHead h, std::string b) override {
        begun = true;
        head = std::move(h);
        body = std::move(b);
        co_return Result<void>{};
    }
    asio::awaitable<Result<void>> respond_static(ResponseHead h, std::string_view b) override {
        return respond(std::move(h), std::string(b));
    }
    asio::awaitable<Result<void>> start(ResponseHead h) override {
        begun = true;
        head = std::move(h);
        co_return Result<void>{};
    }
    asio::awaitable<Result<void>> write(std::span<asio::const_buffer const>) override {
        co_return Result<void>{};
    }
    asio::awaitable<Result<void>> finish() override { co_return Result<void>{}; }
    asio::awaitable<Result<std::unique_ptr<WebSocket>>> accept_websocket(std::string) override {
        co_return fail(Errc::unsupported, "no WebSocket here");
    }
    [[nodiscard]] bool started() const override { return begun; }

    bool begun = false;
    ResponseHead head;
    std::string body;
};

asio::awaitable<Result<void>> say_ok(Request&, ResponseWriter& writer) {
    ResponseHead head;
    co_return co_await writer.respond(std::move(head), "ok");
}
asio::awaitable<Result<void>> say_nothing(Request&, ResponseWriter&) {
    co_return Result<void>{};
}
asio::awaitable<Result<void>> refuse_it(Request&, ResponseWriter&) {
    co_return fail(Errc::forbidden, "not you");
}
asio::awaitable<Result<void>> throw_it(Request&, ResponseWriter&) {
    throw std::runtime_error("a bug");
    co_return Result<void>{};
}
asio::awaitable<Result<void>> break_off(Request&, ResponseWriter& writer) {
    ResponseHead head;
    co_await writer.start(std::move(head));
    co_return fail(Errc::unavailable, "broke off");
}

class RouterTest : public testing::Test {
protected:
    void add(std::string method, std::string pattern, Handler handler = say_ok) {
        router.add({std::move(method), std::move(pattern), std::move(handler)});
    }
    std::string pattern_of(std::string_view method, std::string_view path) {
        auto const match = router.match(method, path);
        return match.route ? match.route->pattern : "none";
    }
    Result<void> answer(std::string method, std::string path,
                        std::optional<Error> query_error = {}) {
        Request request;
        request.query_error = std::move(query_error);
        request.method = method;
        request.path = path;
        asio::io_context loop;
        Result<void> result;
        auto run = [](Router& r, Request& q, RecordingWriter& w,
                      Result<void>& out) -> asio::awaitable<void> {
            out = co_await r.answer(r.match(q.method, q.path), q, w);
        };
        writer = RecordingWriter{};
        spawn(loop.get_executor(), {}, run(router, request, writer, result), [](auto) {});
        loop.run();
        return result;
    }

    Router router;
    RecordingWriter writer;
};

TEST_F(RouterTest, PrefersLiteralsThenParametersThenTheRest) {
    add("GET", "/api/threads");
    add("GET", "/api/threads/{id}");
    add("POST", "/api/threads/search");
    add("GET", "/api/threads/{id}/messages");
    add("GET", "/files/{*}");
    add("GET", "/{*}");

    EXPECT_EQ(pattern_of("GET", "/api/threads"), "/api/threads");
    EXPECT_EQ(pattern_of("GET", "/api/threads/x"), "/api/threads/{id}");
    EXPECT_EQ(pattern_of("GET", "/api/threads/search"), "/api/threads/{id}");
    EXPECT_EQ(pattern_of("POST", "/api/threads/search"), "/api/threads/search");
    EXPECT_EQ(pattern_of("GET", "/api/threads/x/messages"), "/api/threads/{id}/messages");
    EXPECT_EQ(pattern_of("GET", "/api/threads/x/other"), "/{*}");
    EXPECT_EQ(router.match("GET", "/files/a/b//c").segments, std::vector<std::string>{"a/b//c"});
    EXPECT_EQ(router.match("GET", "/api/threads/x/messages").segments,
              std::vector<std::string>{"x"});
}

TEST_F(RouterTest, TreatsSlashesAsTheyStand) {
    add("GET", "/a");
    add("GET", "/b/");
    add("GET", "/c/{id}");
    add("GET", "/");

    EXPECT_EQ(pattern_of("GET", "/a/"), "none");
    EXPECT_EQ(pattern_of("GET", "/b"), "none");
    EXPECT_EQ(pattern_of("GET", "/b/"), "/b/");
    EXPECT_EQ(pattern_of("GET", "/c/"), "none");
    EXPECT_EQ(pattern_of("GET", "//a"), "none");
    EXPECT_EQ(pattern_of("GET", "/"), "/");
    EXPECT_EQ(pattern_of("GET", ""), "none");
}

TEST_F(RouterTest, AnswersHeadFromGet) {
    add("GET", "/a");
    add("POST", "/b");
    EXPECT_EQ(pattern_of("HEAD", "/a"), "/a");
    EXPECT_EQ(pattern_of("HEAD", "/b"), "none");
}

TEST_F(RouterTest, NamesTheAllowedMethodsOnce) {
    add("GET", "/a/{id}");
    add("DELETE", "/a/{id}");
    add("GET", "/a/b");

    EXPECT_EQ(router.match("PUT", "/a/b").allowed, "GET, HEAD, DELETE");
    EXPECT_EQ(router.match("PUT", "/x").allowed, "");
    ASSERT_TRUE(answer("PUT", "/a/b").has_value());
    EXPECT_EQ(writer.head.status, 405u);
    EXPECT_EQ(writer.head.headers.get("allow"), "GET, HEAD, DELETE");
}

TEST_F(RouterTest, RefusesPatternsThatAreMistakes) {
    add("GET", "/a/{id}");
    EXPECT_THROW(add("GET", "/a/{other}"), std::logic_error);
    EXPECT_THROW(add("GET", "a"), std::logic_error);
    EXPECT_THROW(add("GET", "/{*}/b"), std::logic_error);
    EXPECT_THROW(add("GET", "/a{id}"), std::logic_error);
    EXPECT_THROW(add("GET", "/x", nullptr), std::logic_error);
}

TEST_F(RouterTest, UsesTheFallbackWhereNothingMatches) {
    EXPECT_TRUE(answer("GET", "/page").has_value());
    EXPECT_EQ(writer.head.status, 404u);
    router.set_fallback(say_ok);
    EXPECT_TRUE(answer("GET", "/page").has_value());
    EXPECT_EQ(writer.body, "ok");
}

TEST_F(RouterTest, AnswersFailuresThroughTheErrorHandler) {
    add("GET", "/refused", refuse_it);
    add("GET", "/nothing", say_nothing);
    add("GET", "/throws", throw_it);
    add("GET", "/broken", break_off);
    std::vector<Error> seen;
    router.set_error_handler([&seen](Error error, Request const&, ResponseWriter& w) {
        seen.push_back(error);
        return w.respond({error.code == Errc::forbidden ? 403u : 500u, {}}, error.message);
    });

    EXPECT_TRUE(answer("GET", "/refused").has_value());
    EXPECT_EQ(writer.head.status, 403u);

    EXPECT_TRUE(answer("GET", "/nothing").has_value());
    EXPECT_EQ(writer.head.status, 500u);

    auto const thrown = answer("GET", "/throws");
    EXPECT_EQ(writer.head.status, 500u);
    ASSERT_FALSE(thrown.has_value());
    EXPECT_EQ(thrown.error().code, Errc::internal);

    auto const broken = answer("GET", "/broken");
    ASSERT_FALSE(broken.has_value());
    EXPECT_EQ(broken.error().code, Errc::unavailable);
    EXPECT_EQ(writer.head.status, 200u) << "what began is not answered again";
    EXPECT_EQ(seen.size(), 3u);
}

TEST_F(RouterTest, RefusesAQueryThatCannotBeReadBeforeAnyRoute) {
    add("GET", "/known", say_ok);
    router.set_fallback(say_ok);
    std::vector<std::string> paths;
    router.set_error_handler([&paths](Error error, Request const& request, ResponseWriter& w) {
        paths.push_back(request.path);
        return w.respond({400, {}}, error.message);
    });
    Error const unreadable{Errc::invalid_argument, "no UTF-8", {}};

    for (auto const* path : {"/known", "/unknown"}) {
        EXPECT_TRUE(answer("GET", path, unreadable).has_value());
        EXPECT_EQ(writer.body, "no UTF-8");
        EXPECT_EQ(paths.back(), path) << "who answers knows what was asked";
    }
    Request request;
    request.query_error = unreadable;
    asio::io_context loop;
    auto match = router.match("GET", "/known");
    spawn(loop.get_executor(), {}, router.admit(match, request), [](auto) {});
    loop.run();
    EXPECT_TRUE(match.is_refused()) << "its body is not read";
}

TEST_F(RouterTest, TriesTheOtherSpellingOfAPathThatNothingMatches) {
    add("POST", "/chat", say_ok);
    add("GET", "/known", say_ok);
    router.set_alias([](std::string_view path) -> std::optional<std::string> {
        if (path == "/unknown") return std::nullopt;
        return "/chat";
    });
    ASSERT_TRUE(router.match("POST", "//chat").route);
    EXPECT_EQ(router.match("POST", "//chat").route->pattern, "/chat");
    EXPECT_EQ(router.match("GET", "/known").route->pattern, "/known");
    EXPECT_EQ(router.match("POST", "/known").allowed, "GET, HEAD");
    EXPECT_EQ(router.match("GET", "/prod/chat").allowed, "POST");
    EXPECT_FALSE(router.match("POST", "/unknown").route);
}

TEST_F(RouterTest, AnswersEvenWhenTheErrorHandlerThrows) {
    add("GET", "/refused", refuse_it);
    router.set_error_handler(
        [](Error, Request const&, ResponseWriter&) -> asio::awaitable<Result<void>> {
            throw std::runtime_error("another bug");
        });
    EXPECT_TRUE(answer("GET", "/refused").has_value());
    EXPECT_EQ(writer.head.status, 403u);
}

}  // namespace
}  // namespace kaiwa::http
