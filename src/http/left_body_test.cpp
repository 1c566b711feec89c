// Bodies that routes leave to be sent after them.
#include "base/wait.hpp"
#include "http/server_fixture.hpp"

#include <atomic>
#include <thread>

namespace kaiwa::http {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/// Gives out texts, the first once `may_begin`; then ends as it is told to.
class TextSource final : public BodySource {
public:
    /// `foreseen`: it has its first text before it is asked, and tells which is its last.
    enum class Ending { whole, foreseen, failed, thrown };
    TextSource(std::vector<std::string> texts, Ending ending, std::atomic<bool> const& may_begin)
        : texts_(std::move(texts)), ending_(ending), may_begin_(may_begin) {}

    asio::awaitable<Result<std::span<asio::const_buffer const>>> next() override {
        while (!may_begin_) {
            co_await sleep_for(1ms);
            // A stop between two pauses ends neither of them.
            bool const stopped = co_await stop_requested();
            if (stopped) co_return fail(Errc::cancelled, "stopped");
        }
        if (given_ == texts_.size()) co_return end();
        piece_[0] = asio::buffer(texts_[given_++]);
        co_return piece_;
    }

    std::span<asio::const_buffer const> take_first() override {
        if (ending_ != Ending::foreseen) return {};
        piece_[0] = asio::buffer(texts_[given_++]);
        return piece_;
    }
    [[nodiscard]] bool ended() const override {
        return ending_ == Ending::foreseen && given_ == texts_.size();
    }

private:
    Result<std::span<asio::const_buffer const>> end() const {
        EXPECT_NE(ending_, Ending::foreseen) << "it said that it had ended";
        if (ending_ == Ending::thrown) throw std::runtime_error("a bug");
        if (ending_ == Ending::failed) return fail(Errc::unavailable, "the source broke");
        return {};
    }

    std::vector<std::string> texts_;
    Ending ending_;
    std::atomic<bool> const& may_begin_;
    std::size_t given_ = 0;
    std::array<asio::const_buffer, 1> piece_;
};

class LeftBodyTest : public ServerTest {
protected:
    void serve(std::string pattern, std::vector<std::string> texts, TextSource::Ending ending) {
        get(std::move(pattern), [this, texts, ending](Request&, ResponseWriter& writer) {
            return leave(writer, texts, ending);
        });
    }
    asio::awaitable<Result<void>> leave(ResponseWriter& writer, std::vector<std::string> texts,
                                        TextSource::Ending ending) {
        auto source = std::make_unique<TextSource>(std::move(texts), ending, route_is_over);
        ResponseHead head;
        if (!length.empty()) head.headers.add("Content-Length", length);
        auto done = co_await writer.stream(std::move(head), std::move(source));
        route_is_over = true;
        co_return done;
    }

    std::atomic<bool> route_is_over = false;
    std::string length;
};

TEST_F(LeftBodyTest, IsSentAfterItsRouteReturned) {
    serve("/", {"first", "second"}, TextSource::Ending::whole);
    start();
    auto client = connect();
    for (int times = 0; times < 2; ++times) {
        client.send(request);
        EXPECT_TRUE(client.read_until("\r\n\r\n").contains("\r\nTransfer-Encoding: chunked\r\n"));
        EXPECT_EQ(client.read_until("0\r\n\r\n"), "5\r\nfirst\r\n6\r\nsecond\r\n0\r\n\r\n");
    }
    client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(client.read_all().ends_with("second\r\n0\r\n\r\n"));
}

TEST_F(LeftBodyTest, GoesOutWithItsHeadAndItsEndWhereTheseAreKnown) {
    serve("/", {"first", "second", "last"}, TextSource::Ending::foreseen);
    serve("/one", {"all"}, TextSource::Ending::whole);
    start();
    auto client = connect();
    for (int times = 0; times < 2; ++times) {
        client.send(request);
        client.read_until("\r\n\r\n");
        EXPECT_EQ(client.read_until("\r\n0\r\n\r\n"),
                  "5\r\nfirst\r\n6\r\nsecond\r\n4\r\nlast\r\n0\r\n\r\n");
    }
    client.send("GET /one HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(client.read_all().ends_with("\r\n\r\n3\r\nall\r\n0\r\n\r\n"));
    auto old = connect();
    old.send("GET / HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(old.read_all().ends_with("\r\n\r\nfirstsecondlast"));
}

TEST_F(LeftBodyTest, IsWholeWithItsHeadWhereItsFirstPartIsAll) {
    serve("/", {"all there is"}, TextSource::Ending::foreseen);
    start();
    auto client = connect();
    for (int times = 0; times < 2; ++times) {
        client.send(request);
        EXPECT_TRUE(client.read_until("\r\n0\r\n\r\n").ends_with("\r\n\r\nc\r\nall there is\r\n0\r\n\r\n"));
    }
    auto old = connect();
    old.send("GET / HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(old.read_all().ends_with("\r\n\r\nall there is"));
    EXPECT_FALSE(old.was_reset());
}

/// The route is not over before the client has the first part, and nothing else is given before.
TEST_F(LeftBodyTest, SendsItsFirstPartBeforeItIsAskedForMore) {
    std::atomic<bool> may_go_on = false;
    get("/", [&may_go_on](Request&, ResponseWriter& writer) {
        std::vector<std::string> texts{"first", "last"};
        auto source = std::make_unique<TextSource>(std::move(texts), TextSource::Ending::foreseen, may_go_on);
        return writer.stream({}, std::move(source));
    });
    start();
    auto client = connect();
    client.send(request);
    EXPECT_TRUE(client.read_until("first\r\n").ends_with("\r\n\r\n5\r\nfirst\r\n"));
    may_go_on = true;
    EXPECT_EQ(client.read_until("0\r\n\r\n"), "4\r\nlast\r\n0\r\n\r\n");
}

/// Nothing in HTTP/1.0 tells a body that was cut off from a whole one but the connection's end.
TEST_F(LeftBodyTest, ResetsAnOldClientThatTakesNotAllOfTheFirstPart) {
    options.limits.write_gap = 1s;
    serve("/", {std::string(16 << 20, 'x'), "last"}, TextSource::Ending::foreseen);
    start();
    auto old = connect();
    old.send("GET / HTTP/1.0\r\n\r\n");
    std::this_thread::sleep_for(4s);
    old.read_all();
    EXPECT_TRUE(old.was_reset());
}

TEST_F(LeftBodyTest, KeepsToTheLengthThatItsRouteNamed) {
    serve("/", {"first", "last"}, TextSource::Ending::foreseen);
    length = "9";
    start();
    auto client = connect();
    client.send(request);
    EXPECT_TRUE(client.read_until("firstlast").contains("\r\nContent-Length: 9\r\n"));
    length = "10";
    client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(client.read_all().ends_with("\r\n\r\nfirst"));
    EXPECT_TRUE(log.has("handler failed"));
}

TEST_F(LeftBodyTest, BreaksOffWithoutItsLastChunkWhenItsSourceFails) {
    serve("/", {"half"}, TextSource::Ending::failed);
    serve("/bug", {"half"}, TextSource::Ending::thrown);
    start();
    EXPECT_TRUE(exchange(request).ends_with("\r\n\r\n4\r\nhalf\r\n"));
    EXPECT_FALSE(log.has("handler failed"));
    EXPECT_TRUE(exchange("GET /bug HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("4\r\nhalf\r\n"));
    EXPECT_TRUE(log.has("handler failed"));
}

TEST_F(LeftBodyTest, EndsAnOldClientsConnectionAndResetsItWhenBroken) {
    serve("/whole", {"whole"}, TextSource::Ending::whole);
    serve("/broken", {"half"}, TextSource::Ending::failed);
    start();
    auto whole = connect();
    whole.send("GET /whole HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(whole.read_all().ends_with("\r\n\r\nwhole"));
    auto broken = connect();
    broken.send("GET /broken HTTP/1.0\r\n\r\n");
    broken.read_all();
    EXPECT_TRUE(broken.was_reset());
}

TEST_F(LeftBodyTest, IsNotMadeForWhoAsksForTheHeadOnly) {
    serve("/", {"body"}, TextSource::Ending::failed);
    start();
    auto client = connect();
    client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 200 "));
    client.send("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(client.read_all().ends_with("\r\n\r\n"));
}

TEST_F(LeftBodyTest, EndsWhenTheServerStops) {
    static std::atomic<bool> const never = false;  // the server stops after this function
    get("/", [](Request&, ResponseWriter& writer) {
        auto source = std::make_unique<TextSource>(std::vector<std::string>{"never"},
                                                   TextSource::Ending::whole, never);
        return writer.stream({}, std::move(source));
    });
    start();
    auto client = connect();
    client.send(request);
    client.read_until("\r\n\r\n");
    EXPECT_FALSE(client.stirs_within(50ms));
}

/// Has what it gives only after waits of its own; `next()` has but the end.
class WaitingSource final : public BodySource {
public:
    WaitingSource(std::vector<std::string> texts, std::chrono::milliseconds pause)
        : texts_(std::move(texts)), pause_(pause) {}

    std::span<asio::const_buffer const> ready() override {
        if (!arrived_ || given_ == texts_.size()) return {};
        arrived_ = false;
        piece_[0] = asio::buffer(texts_[given_++]);
        return piece_;
    }
    std::optional<asio::awaitable<bool>> arrival() override {
        if (given_ == texts_.size()) return std::nullopt;
        return wait();
    }
    asio::awaitable<Result<std::span<asio::const_buffer const>>> next() override {
        if (co_await stop_requested()) co_return fail(Errc::cancelled, "stopped");
        EXPECT_EQ(given_, texts_.size());
        co_return std::span<asio::const_buffer const>{};
    }

private:
    asio::awaitable<bool> wait() {
        if (pause_ > 0ms) co_await sleep_for(pause_);
        co_return arrived_ = ++waits_ % 2 == 0;  // each other one ends without cause
    }

    std::vector<std::string> texts_;
    std::chrono::milliseconds pause_;
    std::size_t given_ = 0;
    int waits_ = 0;
    bool arrived_ = false;
    std::array<asio::const_buffer, 1> piece_;
};

TEST_F(LeftBodyTest, IsSentAsItArrivesWhereItsSourceWaitsByItself) {
    get("/", [](Request&, ResponseWriter& writer) {
        std::vector<std::string> texts{"first", "second"};
        return writer.stream({}, std::make_unique<WaitingSource>(std::move(texts), 1ms));
    });
    start();
    auto client = connect();
    for (int times = 0; times < 2; ++times) {
        client.send(request);
        client.read_until("\r\n\r\n");
        EXPECT_EQ(client.read_until("0\r\n\r\n"), "5\r\nfirst\r\n6\r\nsecond\r\n0\r\n\r\n");
    }
}

/// A write that the socket does not take whole goes on where it was.
TEST_F(LeftBodyTest, IsWholeHoweverSlowlyItIsRead) {
    std::vector<std::string> texts;
    for (char c = 'a'; c < 'g'; ++c) texts.emplace_back(std::size_t{3} << 20, c);
    get("/", [&texts](Request&, ResponseWriter& writer) {
        return writer.stream({}, std::make_unique<WaitingSource>(texts, 0ms));
    });
    start();
    auto client = connect();
    client.send(request);
    client.read_until("\r\n\r\n");
    std::this_thread::sleep_for(100ms);
    for (auto const& text : texts) {
        ASSERT_EQ(client.read_until("\r\n"), "300000\r\n");
        ASSERT_TRUE(client.read_until("\r\n") == text + "\r\n") << text.front();
    }
    EXPECT_EQ(client.read_until("0\r\n\r\n"), "0\r\n\r\n");
}

TEST_F(LeftBodyTest, EndsWhenTheServerStopsWhileItsSourceWaits) {
    get("/", [](Request&, ResponseWriter& writer) {
        std::vector<std::string> texts{"never"};
        return writer.stream({}, std::make_unique<WaitingSource>(std::move(texts), 1h));
    });
    start();
    auto client = connect();
    client.send(request);
    client.read_until("\r\n\r\n");
    EXPECT_FALSE(client.stirs_within(50ms));
}

}  // namespace
}  // namespace kaiwa::http
