#include "base/wait.hpp"
#include "http/server_fixture.hpp"

#include <atomic>

namespace kaiwa::http {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

asio::awaitable<Result<void>> send_text(ResponseWriter& writer, std::string_view text) {
    std::array<asio::const_buffer, 1> const pieces = {asio::buffer(text)};
    co_return co_await writer.write(pieces);
}

class StreamTest : public ServerTest {};

TEST_F(StreamTest, SendsEachWriteAsOneChunkAtOnce) {
    std::atomic<bool> go = false;
    get("/", [&](Request&, ResponseWriter& writer) -> asio::awaitable<Result<void>> {
        ResponseHead head{200, {{"Content-Type", "text/event-stream"}}};
        co_await writer.start(std::move(head));
        std::array<asio::const_buffer, 3> const pieces = {
            asio::buffer("data: ", 6), asio::buffer("", 0), asio::buffer("first\n\n", 7)};
        co_await writer.write(pieces);
        co_await writer.write({});
        while (!go) co_await sleep_for(1ms);
        co_await send_text(writer, "0123456789abcdef0");
        co_return co_await writer.finish();
    });
    start();
    auto client = connect();
    client.send(request);
    auto const head = client.read_until("\r\n\r\n");
    EXPECT_TRUE(head.contains("\r\nTransfer-Encoding: chunked\r\n"));
    EXPECT_FALSE(head.contains("Content-Length"));
    EXPECT_EQ(client.read(18), "d\r\ndata: first\n\n\r\n");
    go = true;
    EXPECT_EQ(client.read_until("0\r\n\r\n"), "11\r\n0123456789abcdef0\r\n0\r\n\r\n");
    client.send(request);
    EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 200 "))
        << "the connection lives on";
    client.read_until("0\r\n\r\n");
}

TEST_F(StreamTest, LeavesOutTheLastChunkWhenTheRouteFails) {
    get("/", [](Request&, ResponseWriter& writer) -> asio::awaitable<Result<void>> {
        ResponseHead head;
        co_await writer.start(std::move(head));
        co_await send_text(writer, "half");
        co_return fail(Errc::unavailable, "the source broke");
    });
    get("/unfinished", [](Request&, ResponseWriter& writer) -> asio::awaitable<Result<void>> {
        ResponseHead head;
        co_await writer.start(std::move(head));
        co_return co_await send_text(writer, "half");
    });
    start();
    EXPECT_TRUE(exchange(request).ends_with("\r\n\r\n4\r\nhalf\r\n"));
    EXPECT_TRUE(exchange("GET /unfinished HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("4\r\nhalf\r\n"));
    EXPECT_TRUE(log.has("handler left its answer unfinished"));
}

TEST_F(StreamTest, EndsAnOldClientsBodyWithTheConnectionAndAResetWhenBroken) {
    get("/whole", [](Request&, ResponseWriter& writer) -> asio::awaitable<Result<void>> {
        ResponseHead head;
        co_await writer.start(std::move(head));
        co_await send_text(writer, "whole");
        co_return co_await writer.finish();
    });
    get("/broken", [](Request&, ResponseWriter& writer) -> asio::awaitable<Result<void>> {
        ResponseHead head;
        co_await writer.start(std::move(head));
        co_await send_text(writer, "half");
        co_return fail(Errc::unavailable, "the source broke");
    });
    start();
    auto whole = connect();
    whole.send("GET /whole HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(whole.read_all().ends_with("\r\n\r\nwhole"));
    EXPECT_FALSE(whole.was_reset());
    auto broken = connect();
    broken.send("GET /broken HTTP/1.0\r\n\r\n");
    broken.read_all();
    EXPECT_TRUE(broken.was_reset());
}

TEST_F(StreamTest, KeepsALengthThatTheRouteNames) {
    get("/", [](Request&, ResponseWriter& writer) -> asio::awaitable<Result<void>> {
        ResponseHead head{200, {{"Content-Length", "8"}}};
        co_await writer.start(std::move(head));
        co_await send_text(writer, "four");
        co_await send_text(writer, "four");
        co_return co_await writer.finish();
    });
    get("/short", [](Request&, ResponseWriter& writer) -> asio::awaitable<Result<void>> {
        ResponseHead head{200, {{"Content-Length", "8"}}};
        co_await writer.start(std::move(head));
        co_await send_text(writer, "four");
        co_return co_await writer.finish();
    });
    start();
    auto client = connect();
    client.send(request);
    EXPECT_TRUE(client.read_answer().ends_with("fourfour"));
    client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(client.read_until("\r\n\r\n").contains("Content-Length: 8\r\n"));
    client.send("GET /short HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(client.read_all().ends_with("\r\n\r\nfour")) << "and the connection ends";
}

TEST_F(StreamTest, SendsALargeBodyWhole) {
    std::string const large(20'000'000, 'x');
    get("/", [&](Request&, ResponseWriter& writer) { return writer.respond_static({}, large); });
    get("/pieces", [&](Request&, ResponseWriter& writer) -> asio::awaitable<Result<void>> {
        ResponseHead head;
        co_await writer.start(std::move(head));
        std::vector<asio::const_buffer> pieces;
        for (std::size_t i = 0; i < 1000; ++i) pieces.push_back(asio::buffer(large.data() + i, i));
        co_await writer.write(pieces);
        co_return co_await writer.finish();
    });
    start();
    auto client = connect();
    client.send(request);
    EXPECT_EQ(client.read_answer().size() - large.size() < 1000, true);
    client.send("GET /pieces HTTP/1.1\r\nHost: x\r\n\r\n");
    client.read_until("\r\n\r\n");
    EXPECT_EQ(client.read_until("\r\n"), "79f2c\r\n");
    EXPECT_EQ(client.read_until("\r\n0\r\n\r\n").size(), 499'500u + 7u);
}

TEST_F(StreamTest, DropsAReaderThatTakesNothing) {
    std::promise<Error> seen;
    get("/", [&](Request&, ResponseWriter& writer) -> asio::awaitable<Result<void>> {
        ResponseHead head;
        co_await writer.start(std::move(head));
        std::string const text(100'000, 'x');
        for (;;) {
            auto const sent = co_await send_text(writer, text);
            if (sent) continue;
            seen.set_value(sent.error());
            co_return std::unexpected(sent.error());
        }
    });
    options.limits.write_gap = 1s;
    start();
    auto client = connect();
    client.send(request);
    auto future = seen.get_future();
    ASSERT_EQ(future.wait_for(10s), std::future_status::ready);
    // The kernel may notice first that nothing is acknowledged.
    auto const code = future.get().code;
    EXPECT_TRUE(code == Errc::timed_out || code == Errc::cancelled);
}

TEST_F(StreamTest, TellsTheRouteWhenTheClientWentAway) {
    std::promise<Error> seen;
    std::atomic<bool> left = false;
    get("/", [&](Request&, ResponseWriter& writer) -> asio::awaitable<Result<void>> {
        ResponseHead head;
        co_await writer.start(std::move(head));
        while (!left) co_await sleep_for(1ms);
        for (;;) {
            auto const sent = co_await send_text(writer, "token");
            if (!sent) {
                seen.set_value(sent.error());
                co_return std::unexpected(sent.error());
            }
            co_await sleep_for(1ms);
        }
    });
    start();
    {
        auto client = connect();
        client.send(request);
        client.read_until("\r\n\r\n");
    }
    left = true;
    auto future = seen.get_future();
    ASSERT_EQ(future.wait_for(10s), std::future_status::ready);
    EXPECT_EQ(future.get().code, Errc::cancelled);
}

TEST_F(StreamTest, LetsOthersRunBesideAnEndlessStream) {
    std::atomic<bool> over = false;
    get("/", [&](Request&, ResponseWriter& writer) -> asio::awaitable<Result<void>> {
        ResponseHead head;
        co_await writer.start(std::move(head));
        std::string const text(10'000, 'x');
        while (!over) {
            auto const sent = co_await send_text(writer, text);
            if (!sent) co_return std::unexpected(sent.error());
        }
        co_return co_await writer.finish();
    });
    get("/quick", [](Request&, ResponseWriter& writer) { return writer.respond({}, "quick"); });
    start();
    auto greedy = connect();
    greedy.send(request);
    std::jthread const reader([&greedy] { greedy.read_until("\r\n0\r\n\r\n"); });
    EXPECT_TRUE(
        exchange("GET /quick HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").ends_with("quick"));
    over = true;
}

}  // namespace
}  // namespace kaiwa::http
