#include "http/test_routes.hpp"

#include <algorithm>

/// How a server takes what comes with a request.
namespace kaiwa::http {

namespace {

using namespace std::chrono_literals;

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

}  // namespace
}  // namespace kaiwa::http
