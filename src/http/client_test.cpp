#include "http/client_fixture.hpp"

namespace kaiwa::http {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST_F(ClientTest, SendsTheRequestAndReadsTheAnswerOnAKeptConnection) {
    std::vector<std::string> requests;
    ScriptedServer server([&](Peer& peer) {
        for (auto request = peer.read_request(); !request.empty(); request = peer.read_request()) {
            requests.push_back(request);
            peer.send(ok);
        }
    });
    OutboundRequest post;
    post.method = "POST";
    post.url = server.url("/v1/chat?a=%20b");
    post.headers = {{"Authorization", "Bearer x"}};
    post.body = "{}";

    auto const first = call(post);
    EXPECT_EQ(first.status, 200u);
    EXPECT_EQ(first.body, "ok");
    EXPECT_EQ(get(server.url()).body, "ok");
    EXPECT_EQ(get(server.url()).body, "ok");
    EXPECT_EQ(server.connections(), 1);
    client->close_idle();
    EXPECT_EQ(get(server.url()).body, "ok");
    EXPECT_EQ(server.connections(), 2);
    EXPECT_EQ(requests.at(0), fmt::format("POST /v1/chat?a=%20b HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n"
                                          "Authorization: Bearer x\r\nUser-Agent: kaiwa\r\n"
                                          "Content-Length: 2\r\n\r\n{{}}",
                                          server.port()));
    client.reset();
}

TEST_F(ClientTest, GivesEachReadAsItArrives) {
    std::atomic<int> step = 0;
    ScriptedServer server([&](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (char const* chunk : {"5\r\nfirst\r\n", "6\r\nsecond\r\n", "0\r\n\r\n"}) {
            while (step == 0) std::this_thread::sleep_for(1ms);
            --step;
            peer.send(chunk);
        }
        peer.wait_for_end();
    });
    make_client();
    auto run = [](Client& from, std::string url, std::atomic<int>& go) -> asio::awaitable<void> {
        OutboundRequest request;
        request.url = std::move(url);
        auto response = co_await from.send(std::move(request));
        for (std::string_view expected : {"first", "second", ""}) {
            ++go;
            auto const bytes = co_await (*response)->read_some();
            EXPECT_EQ(bytes.value(), expected);
        }
        auto const again = co_await (*response)->read_some();
        EXPECT_EQ(again.value(), "") << "the end stays the end";
    };
    loops.run(run(*client, server.url(), step));
    client.reset();
}

TEST_F(ClientTest, GivesTheChunksOfOneReadAtOnceAndThenSaysThatTheRestIsBroken) {
    auto const whole = answer_with(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
        "chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n");
    EXPECT_EQ(whole.body, "abc");
    EXPECT_EQ(whole.reads, 1u);
    auto const cut =
        answer_with("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\nx");
    EXPECT_EQ(cut.body, "ab");
    EXPECT_EQ(cut.reason(), "broken");
}

TEST_F(ClientTest, SendsAndReadsLargeBodies) {
    std::string const large(5'000'000, 'x');
    ScriptedServer server([&](Peer& peer) {
        auto const request = peer.read_request();
        peer.send(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", request.size()));
        peer.send(request);
    });
    OutboundRequest put;
    put.method = "PUT";
    put.url = server.url();
    put.body = large;
    auto const outcome = call(put);
    EXPECT_TRUE(outcome.body.ends_with(large));
    EXPECT_FALSE(outcome.error.has_value());
}

TEST_F(ClientTest, ReadsAnAnswerThatFillsTheReadItCameInAndEndsWithTheConnection) {
    // As large as what a waiting call reads at most, so that the end behind it is found at once.
    for (std::size_t const size : {512u, 1024u, 4096u}) {
        std::string answer = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ";
        auto const body = size - answer.size() - (size < 1100 ? 3 : 4) - 4;
        answer += fmt::format("{}\r\n\r\n{}", body, std::string(body, 'x'));
        ASSERT_EQ(answer.size(), size);
        ScriptedServer server([&](Peer& peer) {
            peer.read_request();
            // The call waits by then.
            std::this_thread::sleep_for(5ms);
            peer.send(answer);
        });
        EXPECT_EQ(get(server.url()).body, std::string(body, 'x')) << size;
        client.reset();
    }
}

TEST_F(ClientTest, ReadsABodyThatEndsWithTheConnection) {
    auto const outcome = answer_with("HTTP/1.0 200 OK\r\n\r\nall of it");
    EXPECT_EQ(outcome.body, "all of it");
    EXPECT_FALSE(outcome.error.has_value());
}

TEST_F(ClientTest, NeverTakesACutAnswerForAWholeOne) {
    for (std::string const whole :
         {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nT: x\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"}) {
        EXPECT_EQ(answer_with(whole).code(), Errc{}) << "uncut";
        EXPECT_EQ(answer_with(whole).body, "body");
        for (std::size_t size = 0; size < whole.size(); ++size) {
            auto const outcome = answer_with(whole.substr(0, size));
            EXPECT_EQ(outcome.code(), Errc::unavailable) << size;
            EXPECT_EQ(outcome.reason(), "broken") << size;
        }
    }
}

TEST_F(ClientTest, ReportsAResetInsideTheBodyAsBroken) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\n\r\nhalf");
        std::this_thread::sleep_for(50ms);
        peer.reset();
    });
    EXPECT_EQ(get(server.url()).reason(), "broken");
}

TEST_F(ClientTest, RefusesAnswersThatAreMalformed) {
    for (std::string const& bytes :
         {std::string("HTTP/2 200\r\n\r\n"), std::string("hello\r\n\r\n"),
          std::string("HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
          std::string("HTTP/1.1 200 OK\r\n folded\r\n\r\n"),
          std::string("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: "
                      "chunked\r\n\r\n0\r\n\r\n"),
          std::string("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
          std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"),
          std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
          std::string("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"),
          "HTTP/1.1 200 OK\r\nA: " + std::string(70'000, 'a') + "\r\n\r\n",
          "HTTP/1.1 200 OK\r\nA: " + std::string(1'000'000, 'a')}) {
        auto const outcome = answer_with(bytes);
        EXPECT_EQ(outcome.code(), Errc::unavailable) << bytes.substr(0, 80);
        EXPECT_EQ(outcome.reason(), "broken") << bytes.substr(0, 80);
    }
    std::string interim;
    for (int i = 0; i < 20; ++i) interim += "HTTP/1.1 103 Early Hints\r\n\r\n";
    EXPECT_EQ(answer_with(interim).reason(), "broken");
}

TEST_F(ClientTest, SkipsInterimAnswersAndFollowsNoRedirect) {
    EXPECT_EQ(answer_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n" +
                          std::string(ok))
                  .body,
              "ok");
    auto const moved = answer_with(
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(moved.status, 302u);
    EXPECT_EQ(gate.asked, 2);
}

TEST_F(ClientTest, SendsAgainOnceWhenAKeptConnectionHadEnded) {
    std::atomic<int> served = 0;
    ScriptedServer server([&](Peer& peer) {
        peer.read_request();
        ++served;
        peer.send(ok);
        // Ends only once the next request is on its way.
        if (served == 1) peer.read_request();
    });
    EXPECT_EQ(get(server.url()).body, "ok");
    EXPECT_EQ(get(server.url()).body, "ok");
    EXPECT_EQ(server.connections(), 2);
}

TEST_F(ClientTest, NeverRepeatsAPostThatAServerMayHaveBeenAtWorkOn) {
    std::atomic<int> posts = 0;
    ScriptedServer server([&](Peer& peer) {
        peer.read_request();
        peer.send(ok);
        peer.read_request();
        ++posts;
        std::this_thread::sleep_for(std::chrono::milliseconds(1'200));  // thinks, then is cut off
    });
    EXPECT_EQ(get(server.url()).body, "ok");
    OutboundRequest post;
    post.method = "POST";
    post.url = server.url();
    EXPECT_EQ(call(post).reason(), "broken");
    EXPECT_EQ(posts, 1);
    EXPECT_EQ(server.connections(), 1);
}

TEST_F(ClientTest, NeverSendsAgainOnAFreshConnectionOrAfterAByteOfTheAnswer) {
    std::atomic<int> requests = 0;
    ScriptedServer silent([&](Peer& peer) {
        peer.read_request();
        ++requests;
    });
    EXPECT_EQ(get(silent.url()).reason(), "broken");
    EXPECT_EQ(requests, 1);

    requests = 0;
    ScriptedServer half([&](Peer& peer) {
        peer.read_request();
        ++requests;
        peer.send(ok);
        peer.read_request();
        ++requests;
        peer.send("HTTP/1.1 2");
    });
    EXPECT_EQ(get(half.url()).body, "ok");
    EXPECT_EQ(get(half.url()).reason(), "broken");
    EXPECT_EQ(requests, 2);
    EXPECT_EQ(half.connections(), 1);
}

TEST_F(ClientTest, KeepsNoConnectionThatTheServerEndsOrThatSaidTooMuch) {
    for (std::string const& answer :
         {std::string("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"),
          std::string("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"),
          std::string(ok) + "HTTP/1.1 200 OK\r\n\r\npoison"}) {
        ScriptedServer server([&](Peer& peer) {
            peer.read_request();
            peer.send(answer);
            peer.wait_for_end();
        });
        EXPECT_EQ(get(server.url()).body, "ok");
        EXPECT_EQ(get(server.url()).body, "ok");
        EXPECT_EQ(server.connections(), 2) << answer;
    }
}

TEST_F(ClientTest, EndsAKeptConnectionAfterItsTime) {
    ScriptedServer server([](Peer& peer) {
        while (!peer.read_request().empty()) peer.send(ok);
    });
    ClientOptions options;
    options.idle_time = 0s;
    make_client(options);
    EXPECT_EQ(get(server.url()).body, "ok");
    EXPECT_EQ(get(server.url()).body, "ok");
    EXPECT_EQ(server.connections(), 2);
    client.reset();
}

TEST_F(ClientTest, TellsTheServerToStopWhenTheAnswerIsDropped) {
    std::promise<void> ended;
    ScriptedServer server([&](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
        peer.wait_for_end();
        ended.set_value();
    });
    make_client();
    auto run = [](Client& from, std::string url) -> asio::awaitable<void> {
        OutboundRequest request;
        request.url = std::move(url);
        auto response = co_await from.send(std::move(request));
        co_await (*response)->read_some();
    };
    loops.run(run(*client, server.url()));
    EXPECT_EQ(ended.get_future().wait_for(1s), std::future_status::ready);
}

TEST_F(ClientTest, RefusesWhatCouldBecomeAnotherRequest) {
    ScriptedServer server([](Peer& peer) { peer.read_request(); });
    auto const refused = [&](auto change) {
        OutboundRequest request;
        request.url = server.url();
        change(request);
        auto const outcome = call(request);
        EXPECT_EQ(outcome.code(), Errc::invalid_argument);
    };
    refused([](auto& r) { r.headers = {{"X", "a\r\nEvil: b"}}; });
    refused([](auto& r) { r.headers = {{"X", "a\nb"}}; });
    refused([](auto& r) { r.headers = {{"X", std::string("a\0b", 3)}}; });
    refused([](auto& r) { r.headers = {{"X\r\nEvil", "a"}}; });
    refused([](auto& r) { r.headers = {{"X: a", "b"}}; });
    refused([](auto& r) { r.headers = {{"", "b"}}; });
    refused([](auto& r) { r.headers = {{"Host", "evil"}}; });
    refused([](auto& r) { r.headers = {{"Content-Length", "7"}}; });
    refused([](auto& r) { r.headers = {{"Transfer-Encoding", "chunked"}}; });
    refused([](auto& r) { r.headers = {{"Connection", "upgrade"}}; });
    refused([](auto& r) { r.method = "GET / HTTP/1.1\r\nX:"; });
    refused([](auto& r) { r.method = ""; });
    refused([](auto& r) { r.url += "a b"; });
    refused([](auto& r) { r.url += "\r\nEvil: b"; });
    EXPECT_EQ(server.connections(), 0);
    EXPECT_EQ(gate.asked, 0);
}

TEST_F(ClientTest, AsksTheGateBeforeEveryCallOnAKeptConnectionToo) {
    ScriptedServer server([](Peer& peer) {
        while (!peer.read_request().empty()) peer.send(ok);
    });
    EXPECT_EQ(get(server.url()).body, "ok");
    gate.closed = true;
    EXPECT_EQ(get(server.url()).code(), Errc::forbidden);
    EXPECT_EQ(server.connections(), 1);
    client.reset();
}

TEST_F(ClientTest, SaysWhyItCannotConnect) {
    std::uint16_t free_port = 0;
    {
        ScriptedServer const gone([](Peer&) {});
        free_port = gone.port();
    }
    EXPECT_EQ(get(fmt::format("http://127.0.0.1:{}/", free_port)).reason(), "connect");
    auto const unknown = get("http://no-such-host.invalid/");
    EXPECT_EQ(unknown.code(), Errc::unavailable);
    EXPECT_EQ(unknown.reason(), "resolve");
}

TEST_F(ClientTest, ResolvesANameAndTriesItsAddressesInTurn) {
    // The name has ::1 and 127.0.0.1 on most machines; the server listens on the second alone.
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.send(ok);
    });
    EXPECT_EQ(get(fmt::format("http://LOCALHOST:{}/", server.port())).body, "ok");
}

}  // namespace
}  // namespace kaiwa::http
