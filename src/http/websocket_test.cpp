#include "base/wait.hpp"
#include "http/server_fixture.hpp"
#include "http/websocket_frames.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <fmt/format.h>

#include <atomic>

namespace kaiwa::http {

namespace {

using namespace std::chrono_literals;
namespace ws = boost::beast::websocket;

asio::awaitable<Result<void>> echo_messages(Request&, ResponseWriter& writer) {
    auto socket = co_await writer.accept_websocket("kaiwa.v1");
    if (!socket) co_return std::unexpected(socket.error());
    for (;;) {
        auto const message = co_await (*socket)->read();
        if (!message) co_return Result<void>{};
        if (*message == "bye") {
            co_await (*socket)->close(4001, "as you wish");
            co_return Result<void>{};
        }
        std::array<asio::const_buffer, 2> const pieces = {asio::buffer("re: ", 4),
                                                          asio::buffer(*message)};
        auto const sent = co_await (*socket)->write(pieces);
        if (!sent) co_return std::unexpected(sent.error());
    }
}

/// A frame as a client sends it, masked.
std::string frame(unsigned first, std::string_view payload) {
    std::string out{static_cast<char>(first)};
    if (payload.size() < 126) {
        out += static_cast<char>(0x80 | payload.size());
    } else if (payload.size() <= 0xFFFF) {
        out += static_cast<char>(0x80 | 126);
        out += static_cast<char>(payload.size() >> 8);
        out += static_cast<char>(payload.size() & 0xFF);
    } else {
        out += static_cast<char>(0x80 | 127);
        for (int shift = 56; shift >= 0; shift -= 8)
            out += static_cast<char>(payload.size() >> shift & 0xFF);
    }
    std::array<char, 4> const mask = {'m', 'a', 's', 'k'};
    out.append(mask.data(), mask.size());
    std::string masked(payload);
    unmask(masked, mask, 0);
    return out + masked;
}

class WebSocketTest : public ServerTest {
protected:
    void begin(std::size_t max_message_bytes = 100'000) {
        router.add({"GET", "/ws", echo_messages, BodyMode::none, max_message_bytes});
        start();
    }
    static std::string handshake(
        std::string_view more = "Sec-WebSocket-Protocol: other, kaiwa.v1\r\n") {
        return fmt::format(
            "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: "
            "websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{}\r\n",
            more);
    }
    RawClient open() {
        auto client = connect();
        client.send(handshake());
        EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
        return client;
    }
    /// Sends `frames` and expects the connection to be closed with `code`.
    void expect_close(std::string_view frames, unsigned code) {
        auto client = open();
        client.send(frames);
        auto const answer = client.read_all();
        ASSERT_GE(answer.size(), 4u);
        EXPECT_EQ(static_cast<unsigned char>(answer[0]), 0x88);
        auto const got = static_cast<unsigned>(static_cast<unsigned char>(answer[2]) << 8 |
                                               static_cast<unsigned char>(answer[3]));
        EXPECT_EQ(got, code);
    }
};

TEST(WebSocketAccept, IsTheOneOfTheStandard) {
    EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST_F(WebSocketTest, TalksWithAnIndependentClient) {
    begin(3'000'000);
    asio::io_context io;
    ws::stream<asio::ip::tcp::socket> client(io);
    client.next_layer().connect({asio::ip::address_v4::loopback(), port});
    client.set_option(ws::stream_base::decorator([](ws::request_type& r) {
        r.set(boost::beast::http::field::sec_websocket_protocol, "kaiwa.v1");
    }));
    ws::response_type answer;
    client.handshake(answer, "127.0.0.1", "/ws");
    EXPECT_EQ(answer[boost::beast::http::field::sec_websocket_protocol], "kaiwa.v1");
    EXPECT_TRUE(answer["X-Request-Id"].starts_with("req-"));

    std::string const large(2'000'000, 'x');
    for (std::string const& text : {std::string("会話"), std::string(), std::string(125, 'a'),
                                    std::string(126, 'b'), std::string(65'536, 'c'), large}) {
        client.auto_fragment(true);
        client.write(asio::buffer(text));
        boost::beast::flat_buffer buffer;
        client.read(buffer);
        EXPECT_TRUE(client.got_text());
        EXPECT_EQ(boost::beast::buffers_to_string(buffer.data()), "re: " + text);
    }
    client.ping({});
    client.write(asio::buffer("bye", 3));
    boost::beast::flat_buffer buffer;
    boost::beast::error_code error;
    client.read(buffer, error);
    EXPECT_EQ(error, ws::error::closed);
    EXPECT_EQ(client.reason().code, 4001);
    EXPECT_EQ(client.reason().reason, "as you wish");
}

TEST_F(WebSocketTest, RefusesWhatIsNoHandshakeForItsSubprotocol) {
    begin();
    for (std::string const& request :
         {handshake(""), handshake("Sec-WebSocket-Protocol: kaiwa.v2\r\n"),
          std::string("GET /ws HTTP/1.1\r\nHost: x\r\n\r\n"),
          std::string("GET /ws HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
                      "Sec-WebSocket-Version: 12\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                      "Sec-WebSocket-Protocol: kaiwa.v1\r\n\r\n"),
          std::string("GET /ws HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
                      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n"
                      "Sec-WebSocket-Protocol: kaiwa.v1\r\n\r\n")}) {
        auto client = connect();
        client.send(request);
        EXPECT_TRUE(client.read_answer().starts_with("HTTP/1.1 400 ")) << request;
    }
}

TEST_F(WebSocketTest, AnswersPingsBetweenTheFragmentsOfAMessageHoweverItIsCut) {
    begin();
    std::string const bytes = frame(0x01, "\xE4\xBC") + frame(0x89, "now") + frame(0x00, "") +
                              frame(0x8A, "unasked") + frame(0x80, "\x9A");
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        auto client = open();
        client.send(bytes.substr(0, cut));
        client.send(bytes.substr(cut));
        EXPECT_EQ(client.read(14), "\x8A\x03now\x81\x07re: \xE4\xBC\x9A") << cut;
    }
}

TEST_F(WebSocketTest, ClosesWithTheCodeThatSaysWhy) {
    begin(1000);
    expect_close(frame(0x82, "binary"), 1003);
    expect_close(frame(0x81, "\xFF"), 1007);
    expect_close(frame(0x81, std::string(1001, 'x')), 1009);
    expect_close(frame(0x01, std::string(600, 'x')) + frame(0x80, std::string(600, 'x')), 1009);
    expect_close(frame(0x81, std::string(70'000, 'x')), 1009);
    expect_close(std::string("\x81\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
                             "mask",
                             14),
                 1009);
    expect_close(std::string("\x81\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
                             "mask",
                             14),
                 1002);
    expect_close(std::string("\x81\xFE\x00\x05mask12345", 13), 1002);  // not the shortest form
    expect_close(std::string("\x81\x02hi", 4), 1002);                  // not masked
    expect_close(frame(0xC1, "compressed"), 1002);
    expect_close(frame(0x83, "reserved"), 1002);
    expect_close(frame(0x80, "continues nothing"), 1002);
    expect_close(frame(0x01, "a") + frame(0x81, "begins again"), 1002);
    expect_close(frame(0x09, "a cut ping"), 1002);
    expect_close(frame(0x89, std::string(126, 'x')), 1002);
    expect_close(frame(0x88, "x"), 1002);
    expect_close(frame(0x88, std::string("\x03\xED", 2)), 1002);  // 1005 is never sent
    expect_close(frame(0x88, std::string("\x03\xE8\xFF", 3)), 1002);
    expect_close(frame(0x88, std::string("\x0F\xA2later", 7)), 4002);
    expect_close(frame(0x88, ""), 1000);
}

TEST_F(WebSocketTest, GivesUpAPeerThatSaysNothingAndLetsOneLiveThatAnswersPings) {
    options.limits.ping_gap = 1s;
    begin();
    auto const begin_time = std::chrono::steady_clock::now();
    auto silent = open();
    auto const heard = silent.read_all();
    auto const took = std::chrono::steady_clock::now() - begin_time;
    EXPECT_TRUE(heard.starts_with(std::string("\x89\x00", 2))) << "a ping";
    EXPECT_GE(took, 2s);
    EXPECT_LT(took, 8s);

    auto alive = open();
    for (int i = 0; i < 4; ++i) {
        ASSERT_EQ(alive.read(2), std::string("\x89\x00", 2));
        alive.send(frame(0x8A, ""));
    }
    alive.send(frame(0x81, "still here"));
    EXPECT_TRUE(alive.read_until("still here").contains("re: still here"));
}

TEST_F(WebSocketTest, WaitsAMomentOnlyForTheGoodbyeOfItsPeer) {
    begin();
    auto client = open();
    auto const begin_time = std::chrono::steady_clock::now();
    client.send(frame(0x81, "bye"));
    EXPECT_EQ(client.read(4), "\x88\x0D\x0F\xA1");
    client.read(11);
    client.read_all();
    auto const took = std::chrono::steady_clock::now() - begin_time;
    EXPECT_GE(took, 4s);
    EXPECT_LT(took, 8s);
}

TEST_F(WebSocketTest, SaysGoingAwayWhenTheServerStops) {
    begin();
    auto client = open();
    client.send(frame(0x81, "hi"));
    EXPECT_EQ(client.read(8), "\x81\x06re: hi");
    std::jthread const peer([&client] {
        EXPECT_EQ(client.read(4), "\x88\x02\x03\xE9");
        client.send(frame(0x88, std::string("\x03\xE9", 2)));
        EXPECT_EQ(client.read_all(), "");
    });
    auto const begin_time = std::chrono::steady_clock::now();
    stop(50ms);
    EXPECT_LT(std::chrono::steady_clock::now() - begin_time, 3s);
}

TEST_F(WebSocketTest, SaysGoingAwayAtOnceWhenTheServerDrains) {
    begin();
    auto client = open();
    auto silent = open();
    client.send(frame(0x81, "hi"));
    EXPECT_EQ(client.read(8), "\x81\x06re: hi");
    silent.send(frame(0x81, "hi"));
    EXPECT_EQ(silent.read(8), "\x81\x06re: hi");
    auto const begin_time = std::chrono::steady_clock::now();
    server->drain();
    EXPECT_EQ(client.read(4), "\x88\x02\x03\xE9");
    client.send(frame(0x88, std::string("\x03\xE9", 2)));
    EXPECT_EQ(client.read_all(), "");
    EXPECT_EQ(silent.read(4), "\x88\x02\x03\xE9");
    silent.read_all();
    EXPECT_LT(std::chrono::steady_clock::now() - begin_time, 3s) << "a silent peer is left soon";
}

TEST_F(WebSocketTest, LetsOneTaskWriteWhileAnotherReads) {
    std::atomic<bool> over = false;
    router.add({"GET", "/ws",
                [&](Request&, ResponseWriter& writer) -> asio::awaitable<Result<void>> {
                    auto socket = co_await writer.accept_websocket("");
                    if (!socket) co_return std::unexpected(socket.error());
                    auto const executor = co_await asio::this_coro::executor;
                    TaskGroup readers(executor, log);
                    auto read = [](WebSocket& from,
                                   std::atomic<bool>& done) -> asio::awaitable<void> {
                        while (co_await from.read()) {
                        }
                        done = true;
                    };
                    readers.start("reader", read(**socket, over));
                    std::string const text(1000, 'x');
                    std::array<asio::const_buffer, 1> const pieces = {asio::buffer(text)};
                    while (!over) {
                        auto const sent = co_await (*socket)->write(pieces);
                        if (!sent) break;
                        co_await sleep_for(0ms);
                    }
                    readers.stop();
                    co_await readers.join(5s);
                    co_return Result<void>{};
                },
                BodyMode::none, 1000});
    start();
    auto client = connect();
    client.send(handshake());
    client.read_until("\r\n\r\n");
    std::string const expected = std::string("\x81\x7E\x03\xE8", 4) + std::string(1000, 'x');
    for (int round = 0; round < 50; ++round) {
        client.send(frame(0x89, fmt::format("ping {:05}", round)));
        std::string const pong = fmt::format("\x8A\x0Aping {:05}", round);
        for (;;) {
            auto const head = client.read(2);
            ASSERT_EQ(head.size(), 2u);
            if (head == pong.substr(0, 2)) {
                EXPECT_EQ(client.read(10), pong.substr(2));
                break;
            }
            ASSERT_EQ(head + client.read(1002), expected) << "frames must not mix";
        }
    }
    client.send(frame(0x88, ""));
    client.read_all();
    EXPECT_TRUE(over);
}

}  // namespace
}  // namespace kaiwa::http
