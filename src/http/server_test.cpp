#include "base/wait.hpp"
#include "http/test_routes.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <atomic>
#include <filesystem>
#include <stdexcept>

namespace kaiwa::http {

namespace {

using namespace std::chrono_literals;

TEST_F(ServerTest, AnswersWithLengthDateAndRequestId) {
    get("/", hello);
    start();

    auto const answer = exchange("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\nDate: ")) << answer;
    EXPECT_TRUE(answer.contains("\r\nContent-Type: text/plain\r\n"));
    EXPECT_TRUE(answer.contains("\r\nContent-Length: 5\r\n"));
    EXPECT_TRUE(answer.contains("\r\nX-Request-Id: req-"));
    EXPECT_TRUE(answer.contains("\r\nConnection: close\r\n"));
    EXPECT_EQ(body_of(answer), "hello");
}

TEST_F(ServerTest, KeepsTheConnectionAndAnswersPipelinedRequestsInOrder) {
    get("/{name}", echo);
    start();
    auto client = connect();

    client.send(
        "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n"
        "\r\nGET /c HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(client.read_answer().contains("GET /a"));
    EXPECT_TRUE(client.read_answer().contains("GET /b"));
    EXPECT_TRUE(client.read_answer().contains("GET /c"));
    client.send("GET /d HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(client.read_answer().contains("GET /d"));
}

TEST_F(ServerTest, ReadsARequestThatArrivesByteByByte) {
    router.add({"POST", "/", echo, BodyMode::buffered, 100});
    start();
    auto client = connect();
    for (char c :
         std::string_view("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")) {
        client.send({&c, 1});
    }
    EXPECT_TRUE(client.read_answer().contains("POST / abcde"));
}

TEST_F(ServerTest, AnswersHeadWithoutABody) {
    get("/", hello);
    start();
    auto client = connect();
    client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
    auto const head = client.read_until("\r\n\r\n");
    EXPECT_TRUE(head.contains("Content-Length: 5\r\n"));
    EXPECT_TRUE(client.read_answer().starts_with("HTTP/1.1 200 OK"));
}

TEST_F(ServerTest, RefusesEveryAmbiguousRequestAndEndsTheConnection) {
    std::atomic<int> served = 0;
    auto count = [&served](Request& request, ResponseWriter& writer) {
        ++served;
        return hello(request, writer);
    };
    router.add({"POST", "/", count, BodyMode::buffered, 1000});
    get("/smuggled", count);
    start();

    std::string const next = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
    std::vector<std::string> const requests = {
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: "
        "chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: "
        "4\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 40\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0, 0\r\n\r\n",
        "POST / HTTP/1.1\nHost: x\nContent-Length: 0\n\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
        "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0;" +
            std::string(1 << 20, 'x') + "\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\n\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nHost: y\r\nContent-Length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x y\r\nContent-Length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: u@x\r\nContent-Length: 0\r\n\r\n",
        "POST /../etc HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        "POST /%2e%2e HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        "POST /%00 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        "POST /%ff HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        "POST * HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
    };
    for (auto const& request : requests) {
        SCOPED_TRACE(request.substr(0, 120));
        auto const answer = exchange(request + next);
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << answer;
        EXPECT_TRUE(answer.contains("\r\nConnection: close\r\n"));
        EXPECT_TRUE(answer.contains("\r\nX-Request-Id: req-"));
        EXPECT_EQ(answer.find("HTTP/1.1 ", 1), answer.npos) << "a second answer: " << answer;
    }
    EXPECT_EQ(served, 0);
}

TEST_F(ServerTest, RefusesWithTheStatusThatFits) {
    get("/", hello);
    start();
    auto const status = [&](std::string const& request) { return exchange(request).substr(9, 3); };
    EXPECT_EQ(status("GET / HTTP/2.0\r\nHost: x\r\n\r\n"), "505");
    EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(20'000, 'a')), "431");
    std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
    for (int i = 0; i < 200; ++i) many += "A: b\r\n";
    EXPECT_EQ(status(many + "\r\n"), "431");
    EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n"), "417");
    EXPECT_EQ(status("PUT / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), "405");
    EXPECT_EQ(status("GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), "404");
    EXPECT_EQ(status("GET /x HTTP/1.0\r\n\r\n"), "404");
    EXPECT_EQ(status("GET http://x HTTP/1.1\r\nHost: y\r\nConnection: close\r\n\r\n"), "200");
}

TEST_F(ServerTest, TakesTheHostFromAnAbsoluteTarget) {
    get("/a", echo);
    start();
    auto const answer =
        exchange("GET http://right:80/a HTTP/1.1\r\nHost: wrong\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(answer.contains("GET /a  right:80 ")) << answer;
}

TEST_F(ServerTest, LogsAThrowingHandlerAndAnswers500) {
    get("/", [](Request&, ResponseWriter&) -> asio::awaitable<Result<void>> {
        throw std::runtime_error("secret detail");
        co_return Result<void>{};
    });
    get("/nothing", [](Request&, ResponseWriter&) -> asio::awaitable<Result<void>> {
        co_return Result<void>{};
    });
    get("/split", [](Request&, ResponseWriter& writer) {
        return writer.respond({200, {{"X", "a\r\nSet-Cookie: b"}}}, "x");
    });
    start();
    auto const answer = exchange("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 "));
    EXPECT_FALSE(answer.contains("secret"));
    EXPECT_TRUE(log.has("handler failed"));
    EXPECT_TRUE(exchange("GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    .starts_with("HTTP/1.1 500 "));
    auto const split = exchange("GET /split HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(split.starts_with("HTTP/1.1 500 "));
    EXPECT_FALSE(split.contains("Set-Cookie"));
}

TEST_F(ServerTest, BelievesOnlyATrustedProxy) {
    get("/", echo);
    options.trusted_proxies = {AddressRange::parse("127.0.0.0/8").value()};
    start();
    auto const answer = exchange(
        "GET / HTTP/1.1\r\nHost: inner\r\nX-Forwarded-For: 6.6.6.6, 8.8.8.8\r\n"
        "X-Forwarded-Proto: https\r\nX-Forwarded-Host: chat.example.com\r\nConnection: "
        "close\r\n\r\n");
    EXPECT_EQ(body_of(answer), "GET /  chat.example.com 8.8.8.8 secure forwarded");
    EXPECT_TRUE(
        exchange("GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ,,,\r\nConnection: close\r\n\r\n")
            .contains("127.0.0.1 forwarded"));
}

TEST_F(ServerTest, GivesUpOnAHeadABodyAndAnIdleConnectionThatTakeTooLong) {
    router.add({"POST", "/", echo, BodyMode::buffered, 10});
    options.limits.header_time = 1s;
    options.limits.body_gap = 1s;
    options.limits.keep_alive = 1s;
    start();

    auto idle = connect();
    auto slow_head = connect();
    auto slow_body = connect();
    auto const begin = std::chrono::steady_clock::now();
    slow_head.send("POST / HT");
    slow_body.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
    EXPECT_TRUE(slow_head.read_all().starts_with("HTTP/1.1 408 "));
    EXPECT_TRUE(slow_body.read_all().starts_with("HTTP/1.1 408 "));
    EXPECT_EQ(idle.read_all(), "");
    auto const took = std::chrono::steady_clock::now() - begin;
    EXPECT_GE(took, 1s);
    EXPECT_LT(took, 5s);
}

TEST_F(ServerTest, TurnsAwayConnectionsOverTheLimit) {
    get("/", hello);
    options.limits.max_connections = 2;
    start();
    auto first = connect();
    auto second = connect();
    first.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    second.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(first.read_answer().starts_with("HTTP/1.1 200 "));
    EXPECT_TRUE(second.read_answer().starts_with("HTTP/1.1 200 "));
    EXPECT_EQ(server->connections(), 2u);
    EXPECT_TRUE(connect().read_all().starts_with("HTTP/1.1 503 "));
    first.close();
    for (int i = 0; i < 500 && server->connections() == 2; ++i) std::this_thread::sleep_for(10ms);
    auto const third = exchange("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(third.starts_with("HTTP/1.1 200 "));
}

TEST_F(ServerTest, SurvivesRunningOutOfDescriptors) {
    get("/", hello);
    start();
    std::deque<RawClient> waiting(4);
    rlimit old{};
    ::getrlimit(RLIMIT_NOFILE, &old);
    // Everything below the lowest free descriptor is in use: no further one can be had.
    int const lowest = ::dup(0);
    ::close(lowest);
    rlimit const none{static_cast<rlim_t>(lowest), old.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    for (auto& client : waiting) ASSERT_TRUE(client.connect(port));
    std::vector<std::string> answers;
    for (auto& client : waiting) answers.push_back(client.read_all());
    ::setrlimit(RLIMIT_NOFILE, &old);

    for (auto const& refused : answers)
        EXPECT_TRUE(refused.starts_with("HTTP/1.1 503 ")) << refused;
    EXPECT_TRUE(log.has("no more connections"));
    std::string answer;
    for (int i = 0; i < 100 && !answer.starts_with("HTTP/1.1 200 "); ++i) {
        answer = exchange("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    }
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 "));
}

TEST_F(ServerTest, ServesOnEveryLoopAndRefusesASecondServerOnItsPort) {
    get("/", hello);
    start(2);
    for (int i = 0; i < 40; ++i) {
        EXPECT_TRUE(exchange("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                        .starts_with("HTTP/1.1 200 "));
    }
    auto again = options;
    again.listen = {asio::ip::address_v4::loopback(), port};
    Server second(loops->executors(), router, again, random, log);
    auto const started = second.start();
    ASSERT_FALSE(started.has_value());
    EXPECT_EQ(started.error().code, Errc::unavailable);
}

TEST_F(ServerTest, DrainsIdleConnectionsAtOnceAndEndsTheOthersAfterTheirAnswer) {
    std::promise<void> go;
    std::shared_future<void> const gone = go.get_future();
    std::atomic<bool> inside = false;
    get("/slow", [&](Request&, ResponseWriter& writer) -> asio::awaitable<Result<void>> {
        inside = true;
        while (gone.wait_for(0s) != std::future_status::ready) co_await sleep_for(1ms);
        ResponseHead head;
        co_return co_await writer.respond(std::move(head), "done");
    });
    get("/", hello);
    start();
    auto idle = connect();
    idle.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    idle.read_answer();
    auto busy = connect();
    busy.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    while (!inside) std::this_thread::sleep_for(1ms);

    server->drain();
    EXPECT_EQ(idle.read_all(), "");
    EXPECT_FALSE(RawClient().connect(port));
    EXPECT_FALSE(busy.stirs_within(50ms));
    go.set_value();
    auto const answer = busy.read_all();
    EXPECT_TRUE(answer.contains("Connection: close\r\n"));
    EXPECT_TRUE(answer.ends_with("done"));
    stop(5s);
}

TEST_F(ServerTest, StopsWaitingHandlersWhenPatienceEnds) {
    std::atomic<bool> stopped = false;
    get("/", [&](Request&, ResponseWriter& writer) -> asio::awaitable<Result<void>> {
        ResponseHead head;
        co_await writer.start(std::move(head));
        stopped = !co_await sleep_for(60s);
        co_return co_await writer.finish();
    });
    start();
    auto client = connect();
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    client.read_until("\r\n\r\n");
    auto const begin = std::chrono::steady_clock::now();
    stop(100ms);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
    EXPECT_TRUE(stopped);
    EXPECT_EQ(client.read_all(), "0\r\n\r\n") << "a stopped task may still clean up";
}

}  // namespace
}  // namespace kaiwa::http
