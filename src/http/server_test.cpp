#include "base/wait.hpp"
#include "http/server_fixture.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <atomic>
#include <filesystem>
#include <stdexcept>

namespace kaiwa::http {

namespace {

using namespace std::chrono_literals;

asio::awaitable<Result<void>> hello(Request&, ResponseWriter& writer) {
    ResponseHead head{200, {{"Content-Type", "text/plain"}}};
    co_return co_await writer.respond(std::move(head), "hello");
}

/// Answers with what the route saw.
asio::awaitable<Result<void>> echo(Request& request, ResponseWriter& writer) {
    auto text = fmt::format("{} {} {} {} {}{}", request.method, request.path, request.body,
                            request.headers.get("host"), request.peer.to_string(),
                            request.secure ? " secure" : "");
    if (request.forwarded) text += " forwarded";
    ResponseHead head;
    co_return co_await writer.respond(std::move(head), std::move(text));
}

std::string body_of(std::string const& answer) {
    auto const at = answer.find("\r\n\r\n");
    return at == answer.npos ? std::string() : answer.substr(at + 4);
}

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

TEST_F(ServerTest, RefusesABodyOverTheLimitAndTheClientSeesIt) {
    router.add({"POST", "/", echo, BodyMode::buffered, 1000});
    start();

    std::string const much(300'000, 'x');
    auto const announced =
        exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n" + much);
    EXPECT_TRUE(announced.starts_with("HTTP/1.1 413 ")) << announced;

    auto const chunked =
        exchange("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" +
                 fmt::format("{:x}\r\n{}\r\n0\r\n\r\n", much.size(), much));
    EXPECT_TRUE(chunked.starts_with("HTTP/1.1 413 ")) << chunked;

    auto client = connect();
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" +
                much.substr(0, 1000));
    EXPECT_TRUE(client.read_answer().starts_with("HTTP/1.1 200 "));
}

TEST_F(ServerTest, DropsASmallBodyThatNobodyAskedForAndRefusesALargeOne) {
    get("/", hello);
    start();
    auto client = connect();
    client.send("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n" +
                std::string(60'000, 'x'));
    EXPECT_TRUE(client.read_answer().starts_with("HTTP/1.1 200 "));
    client.send("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n" +
                std::string(70'000, 'x'));
    EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 413 "));
}

TEST_F(ServerTest, AsksForTheBodyThatIsExpected) {
    router.add({"POST", "/", echo, BodyMode::buffered, 10});
    start();
    auto client = connect();
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("abc");
    EXPECT_TRUE(client.read_answer().contains("POST / abc"));

    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 413 ")) << "without asking first";
    auto const absent = exchange(
        "POST /absent HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_TRUE(absent.starts_with("HTTP/1.1 404 "));
    EXPECT_TRUE(absent.contains("Connection: close\r\n"));
}

asio::awaitable<Result<void>> count_body(Request& request, ResponseWriter& writer) {
    std::size_t total = 0;
    std::size_t largest = 0;
    for (;;) {
        auto const piece = co_await request.body_reader->next();
        if (!piece) co_return std::unexpected(piece.error());
        if (piece->empty()) break;
        total += piece->size();
        largest = std::max(largest, piece->size());
    }
    ResponseHead head;
    co_return co_await writer.respond(std::move(head),
                                      fmt::format("{} {}", total, largest <= 64 * 1024));
}

TEST_F(ServerTest, HandsOverAStreamedBodyInPieces) {
    router.add({"POST", "/", count_body, BodyMode::streamed, 3'000'000});
    start();
    auto client = connect();
    std::string const body(2'000'000, 'x');
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n" + body);
    EXPECT_EQ(body_of(client.read_answer()), "2000000 true");
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000001\r\n\r\n");
    EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 413 "));
}

asio::awaitable<Result<void>> answer_before_the_body(Request& request, ResponseWriter& writer) {
    ResponseHead head;
    co_await writer.start(std::move(head));
    auto const piece = co_await request.body_reader->next();
    if (!piece) co_return std::unexpected(piece.error());
    co_return co_await writer.finish();
}

TEST_F(ServerTest, AsksForNoBodyInTheMiddleOfAnAnswer) {
    router.add({"POST", "/", answer_before_the_body, BodyMode::streamed, 1000});
    start();
    auto const answer =
        exchange("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 "));
    EXPECT_FALSE(answer.contains("100 Continue"));
}

asio::awaitable<Result<void>> ignore_body(Request&, ResponseWriter& writer) {
    ResponseHead head;
    co_return co_await writer.respond(std::move(head), "ignored");
}

TEST_F(ServerTest, FindsTheNextRequestBehindABodyThatTheRouteIgnored) {
    router.add({"POST", "/", ignore_body, BodyMode::streamed, 1'000'000});
    start();
    auto client = connect();
    std::string const request =
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n" + std::string(50'000, 'x');
    client.send(request + request);
    EXPECT_EQ(body_of(client.read_answer()), "ignored");
    EXPECT_EQ(body_of(client.read_answer()), "ignored");
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

TEST_F(ServerTest, GivesUpOnABodyThatTricklesIn) {
    router.add({"POST", "/", echo, BodyMode::buffered, 100'000});
    options.limits.body_gap = 2s;
    options.limits.min_body_bytes_per_second = 1000;
    start();
    auto client = connect();
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
    auto const begin = std::chrono::steady_clock::now();
    while (!client.stirs_within(100ms) && std::chrono::steady_clock::now() - begin < 9s)
        client.send("x");  // never silent for long
    EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 408 "));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 9s);
}

TEST_F(ServerTest, BodiesThatAreHeldTogetherAreBounded) {
    router.add({"POST", "/", echo, BodyMode::buffered, 1000});
    options.limits.max_buffered_bytes = 1500;
    start();
    auto const whole = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n";
    auto held = connect();
    held.send(whole + std::string(900, 'x'));
    auto client = connect();
    std::string answer;
    // The first body may still be on its way.
    for (int i = 0; i < 100 && !answer.starts_with("HTTP/1.1 503 "); ++i) {
        client = connect();
        client.send(whole + std::string(1000, 'x'));
        answer = client.read_answer();
    }
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
    held.send(std::string(100, 'x'));
    EXPECT_TRUE(held.read_answer().starts_with("HTTP/1.1 200 "));
    for (int i = 0; i < 100 && !answer.starts_with("HTTP/1.1 200 "); ++i) {
        client = connect();
        client.send(whole + std::string(1000, 'x'));
        answer = client.read_answer();
    }
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << "what was answered still counts";
}

asio::awaitable<Result<void>> only_with_key(Request& request) {
    if (request.headers.get("x-key").empty()) co_return fail(Errc::unauthenticated, "who are you?");
    co_return Result<void>{};
}

asio::awaitable<Result<void>> tell_body(Request& request, ResponseWriter& writer) {
    auto text = request.body + " " + request.segments.at(0);
    ResponseHead head;
    co_return co_await writer.respond(std::move(head), std::move(text));
}

TEST_F(ServerTest, RefusesByTheHeadBeforeTheBodyIsSent) {
    router.add({"POST", "/{name}", tell_body, BodyMode::buffered, 100'000, only_with_key});
    start();
    auto client = connect();
    client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\nx");
    EXPECT_TRUE(client.read_answer().starts_with("HTTP/1.1 401 "));

    auto other = connect();
    other.send(
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab"
        "POST /b HTTP/1.1\r\nHost: x\r\nX-Key: k\r\nContent-Length: 2\r\n\r\ncd");
    EXPECT_TRUE(other.read_answer().starts_with("HTTP/1.1 401 "));
    EXPECT_EQ(body_of(other.read_answer()), "cd b") << "the next request is found behind the body";
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
