#include "api/live_page.hpp"

#include "api/test_doubles.hpp"
#include "api/test_services.hpp"
#include "base/task_group.hpp"
#include "base/wait.hpp"
#include "tests/support/run_task.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <deque>
#include <optional>

namespace kaiwa::api {
namespace {

using kaiwa::test::run_task;
using namespace std::chrono_literals;

/// What both ends of a connection know.
struct Line {
    explicit Line(asio::any_io_executor loop) : ended(loop, SteadyTime::max()) {}

    asio::steady_timer ended;
    std::deque<std::string> commands;
    std::vector<std::string> told;
    std::optional<std::uint16_t> code;
    bool reads = true;  ///< Takes what is written.
    bool wrote_behind_close = false;
};

class FakeSocket final : public http::WebSocket {
public:
    explicit FakeSocket(std::shared_ptr<Line> line) : line_(std::move(line)) {}

    asio::awaitable<Result<std::string>> read() override {
        if (!line_->commands.empty()) {
            auto command = std::move(line_->commands.front());
            line_->commands.pop_front();
            co_return command;
        }
        if (line_->code) co_return fail(Errc::cancelled, "closed");
        co_await line_->ended.async_wait(asio::as_tuple(asio::use_awaitable));
        co_return fail(Errc::cancelled, "closed");
    }
    asio::awaitable<Result<void>> write(std::span<asio::const_buffer const> pieces) override {
        if (line_->code) line_->wrote_behind_close = true;
        if (!line_->reads) {
            co_await sleep_for(1h);
            co_return fail(Errc::cancelled, "stopped");
        }
        line_->told.emplace_back();
        for (auto const& piece : pieces)
            line_->told.back().append(static_cast<char const*>(piece.data()), piece.size());
        co_return Result<void>{};
    }
    asio::awaitable<void> close(std::uint16_t code, std::string) override {
        if (!line_->code) line_->code = code;
        line_->ended.cancel();
        co_return;
    }

private:
    std::shared_ptr<Line> line_;
};

class LivePageTest : public testing::Test {
protected:
    LivePageTest() { cookie = run_task(services.sign_in("ann", auth::UserRole::user)); }

    asio::awaitable<Result<auth::Caller>> caller() {
        co_return co_await services.authenticator.check_session(cookie);
    }
    void publish() {
        chat::ThreadDeleted gone{ThreadId{make_uuid7(services.clock, services.random)}};
        services.notices.publish(call.who().id, gone);
    }
    asio::awaitable<void> sign_out_in(std::chrono::milliseconds time) {
        co_await sleep_for(time);
        publish();  // for a page that does not read, the gate is taken from now on
        co_await sleep_for(50ms);
        auto who = *call.caller;
        (void)co_await services.authenticator.sign_out(std::move(who));
    }
    /// Serves a page that is signed out meanwhile; tells how long that took.
    asio::awaitable<std::chrono::steady_clock::duration> serve() {
        auto const loop = co_await asio::this_coro::executor;
        line = std::make_shared<Line>(loop);
        line->reads = reads;
        line->commands = std::move(commands);
        auto const begun = std::chrono::steady_clock::now();
        TaskGroup others(loop, services.log);
        others.start("sign out", sign_out_in(20ms));
        LivePage page(call, std::make_unique<FakeSocket>(line), loop);
        co_await page.run();
        co_await others.join(5s);
        co_return std::chrono::steady_clock::now() - begun;
    }

    asio::awaitable<void> leave_in(std::chrono::milliseconds time) {
        co_await sleep_for(time);
        co_await FakeSocket(line).close(1000, {});
        co_await sleep_for(3s);  // whatever went wrong ends here
        auto who = *call.caller;
        (void)co_await services.authenticator.sign_out(std::move(who));
    }
    /// Serves a page that leaves meanwhile; tells how long that took.
    asio::awaitable<std::chrono::steady_clock::duration> serve_until_left(
        std::chrono::milliseconds time) {
        auto const loop = co_await asio::this_coro::executor;
        line = std::make_shared<Line>(loop);
        auto const begun = std::chrono::steady_clock::now();
        TaskGroup others(loop, services.log);
        others.start("leave", leave_in(time));
        LivePage page(call, std::make_unique<FakeSocket>(line), loop);
        co_await page.run();
        auto const took = std::chrono::steady_clock::now() - begun;
        co_await others.join(10s);
        co_return took;
    }

    test::TestServices services;
    Services all = services.services();
    http::Request request = test::make_request("GET", "/api/ws", {});
    test::RecordingWriter writer;
    std::string cookie;
    Call call{all, services.settings, request, writer, std::nullopt, nullptr};
    std::shared_ptr<Line> line;
    std::deque<std::string> commands;
    bool reads = true;
};

TEST_F(LivePageTest, IsToldThatItIsSignedOutAndEnds) {
    call.caller = run_task(caller()).value();
    EXPECT_LT(run_task(serve()), 5s);
    EXPECT_EQ(line->code, 1008);
    ASSERT_EQ(line->told.size(), 2u);
    EXPECT_TRUE(line->told.front().contains("deleted"));
    EXPECT_TRUE(line->told.back().contains("unauthenticated"));
    EXPECT_FALSE(line->wrote_behind_close);
}

TEST_F(LivePageTest, EndsWhenItIsSignedOutAlthoughItDoesNotRead) {
    call.caller = run_task(caller()).value();
    reads = false;
    EXPECT_LT(run_task(serve()), 5s);
    EXPECT_EQ(line->code, 1008);
    EXPECT_TRUE(line->told.empty());
}

TEST_F(LivePageTest, EndsWhenItLeavesWhileTheStoreIsAskedAboutIt) {
    call.caller = run_task(caller()).value();
    services.user_store.session_read_time = 400ms;
    EXPECT_LT(run_task(serve_until_left(600ms)), 3s) << "it is looked at after half a second";
}

TEST_F(LivePageTest, FollowsNothingForWhoIsSignedOut) {
    call.caller = run_task(caller()).value();
    auto who = *call.caller;
    auto sign_out = [](auth::Authenticator& authenticator,
                       auth::Caller caller) -> asio::awaitable<Result<void>> {
        co_return co_await authenticator.sign_out(std::move(caller));
    };
    ASSERT_TRUE(run_task(sign_out(services.authenticator, std::move(who))));
    commands.push_back(R"({"follow":"01890000-0000-7000-8000-00000000dead"})");
    run_task(serve());
    ASSERT_FALSE(line->told.empty());
    EXPECT_TRUE(line->told.front().contains("unauthenticated")) << line->told.front();
}

}  // namespace
}  // namespace kaiwa::api
