#include "http/client_fixture.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace kaiwa::http {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

class DeadlineTest : public ClientTest {
protected:
    Outcome timed(std::string url, Deadlines deadlines) {
        OutboundRequest request;
        request.url = std::move(url);
        request.deadlines = deadlines;
        auto const begin = std::chrono::steady_clock::now();
        auto outcome = call(request);
        took = std::chrono::steady_clock::now() - begin;
        return outcome;
    }
    std::chrono::steady_clock::duration took{};
};

TEST_F(DeadlineTest, EndsAConnectThatNobodyAnswers) {
    // A listener whose queue is full drops what knocks.
    int const listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::listen(listener, 0);
    socklen_t size = sizeof address;
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    std::deque<RawClient> fillers(1);
    fillers.front().connect(ntohs(address.sin_port));

    auto const outcome = timed(fmt::format("http://127.0.0.1:{}/", ntohs(address.sin_port)),
                               {.connect = 300ms, .first_byte = 5s, .idle = 5s, .total = 5s});
    ::close(listener);
    EXPECT_EQ(outcome.code(), Errc::timed_out);
    EXPECT_EQ(outcome.reason(), "connect");
    EXPECT_GE(took, 290ms);
    EXPECT_LT(took, 600ms);
}

TEST_F(DeadlineTest, EndsAServerThatDoesNotBeginOrStopsOrNeverEnds) {
    ScriptedServer silent([](Peer& peer) {
        peer.read_request();
        peer.wait_for_end();
    });
    auto outcome =
        timed(silent.url(), {.connect = 5s, .first_byte = 300ms, .idle = 5s, .total = 5s});
    EXPECT_EQ(outcome.code(), Errc::timed_out);
    EXPECT_EQ(outcome.reason(), "first_byte");
    EXPECT_GE(took, 290ms);
    EXPECT_LT(took, 500ms);

    ScriptedServer stalling([](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\n\r\nhalf");
        peer.wait_for_end();
    });
    outcome = timed(stalling.url(), {.connect = 5s, .first_byte = 5s, .idle = 300ms, .total = 5s});
    EXPECT_EQ(outcome.reason(), "idle");
    EXPECT_EQ(outcome.body, "half");
    EXPECT_GE(took, 290ms);
    EXPECT_LT(took, 500ms);

    ScriptedServer dripping([](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\n\r\n");
        for (int i = 0; i < 40; ++i) {
            peer.send("x");
            std::this_thread::sleep_for(25ms);
        }
    });
    outcome =
        timed(dripping.url(), {.connect = 5s, .first_byte = 5s, .idle = 200ms, .total = 500ms});
    EXPECT_EQ(outcome.reason(), "total");
    EXPECT_GT(outcome.body.size(), 10u);
    EXPECT_GE(took, 490ms);
    EXPECT_LT(took, 700ms);
}

TEST_F(DeadlineTest, TrustsNoOtherKeptConnectionOnceOneIsSilent) {
    std::vector<int> held;  // the server's ends of what is kept
    std::optional<ScriptedServer> server;
    server.emplace([&held](Peer& peer) {
        peer.read_request();
        if (held.size() == 2) return peer.send(ok);
        held.push_back(::dup(peer.socket()));
        if (held.size() < 2) return;
        for (int const socket : held) ::send(socket, ok.data(), ok.size(), MSG_NOSIGNAL);
    });
    make_client();
    Outcome first;
    Outcome second;
    OutboundRequest request;
    request.url = server->url();
    auto both = [](asio::awaitable<void> a, asio::awaitable<void> b) -> asio::awaitable<void> {
        using namespace asio::experimental::awaitable_operators;
        co_await (std::move(a) && std::move(b));
    };
    loops.run(both(call_into(*client, request, first), call_into(*client, request, second)));
    EXPECT_EQ(first.body + second.body, "okok");

    auto const silent =
        timed(server->url(), {.connect = 5s, .first_byte = 100ms, .idle = 5s, .total = 5s});
    EXPECT_EQ(silent.reason(), "first_byte");
    EXPECT_EQ(get(server->url()).body, "ok");
    EXPECT_EQ(server->connections(), 3);
    server.reset();
    for (int const socket : held) ::close(socket);
}

TEST_F(DeadlineTest, DoesNotCountTheTimeThatTheReaderTakes) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na");
        std::this_thread::sleep_for(20ms);
        peer.send("b");
        peer.wait_for_end();
    });
    make_client();
    auto run = [](Client& from, std::string url) -> asio::awaitable<void> {
        OutboundRequest request;
        request.url = std::move(url);
        request.deadlines = {.connect = 1s, .first_byte = 1s, .idle = 100ms, .total = 5s};
        auto response = co_await from.send(std::move(request));
        auto const first = co_await (*response)->read_some();
        EXPECT_EQ(first.value(), "a");
        co_await sleep_for(300ms);
        auto const second = co_await (*response)->read_some();
        EXPECT_EQ(second.value_or("timed out"), "b");
    };
    loops.run(run(*client, server.url()));
    client.reset();
}

TEST_F(DeadlineTest, EndsAtOnceWhenTheTaskIsStopped) {
    std::promise<void> asked;
    std::promise<void> ended;
    ScriptedServer server([&](Peer& peer) {
        peer.read_request();
        asked.set_value();
        peer.wait_for_end();
        ended.set_value();
    });
    make_client();
    auto const loop = loops.executors().front();
    asio::cancellation_signal signal;
    Outcome outcome;
    std::promise<void> done;
    OutboundRequest request;
    request.url = server.url();
    auto begin = [&] {
        spawn(loop, signal.slot(), call_into(*client, request, outcome),
              [&](std::exception_ptr) { done.set_value(); });
    };
    asio::post(loop, begin);
    asked.get_future().wait();
    asio::post(loop, [&] { signal.emit(asio::cancellation_type::terminal); });
    ASSERT_EQ(done.get_future().wait_for(1s), std::future_status::ready);
    EXPECT_EQ(outcome.code(), Errc::cancelled);
    EXPECT_EQ(ended.get_future().wait_for(1s), std::future_status::ready) << "the server is told";
}

}  // namespace
}  // namespace kaiwa::http
