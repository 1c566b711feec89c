#include "api/event_stream.hpp"

#include "api/gate.hpp"
#include "api/json_out.hpp"
#include "api/test_doubles.hpp"
#include "api/test_services.hpp"
#include "base/task_group.hpp"
#include "base/wait.hpp"
#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

namespace kaiwa::api {
namespace {

using kaiwa::test::run_task;

class EventStreamTest : public testing::Test {
protected:
    EventStreamTest() {
        call.caller = auth::Caller{};
        for (std::uint64_t n = 1; n <= 3; ++n) {
            std::string frame;
            chat::append_delta_frame(frame, n, chat::EventType::text, "会" + std::to_string(n));
            frames.push_back(std::move(frame));
        }
        std::string last;
        chat::append_frame(last, 4, chat::EventType::done, R"({"finish":"stop"})");
        frames.push_back(std::move(last));
    }

    std::unique_ptr<test::ScriptedReader> reader(std::deque<std::string> batches) {
        auto made = std::make_unique<test::ScriptedReader>();
        made->frames = std::move(batches);
        return made;
    }

    test::TestServices services;
    Services all = services.services();
    http::Request request = test::make_request("GET", "/api/generations/x/events", {});
    test::RecordingWriter writer;
    Call call{all, services.settings, request, writer, std::nullopt, nullptr};
    std::vector<std::string> frames;
};

TEST_F(EventStreamTest, WritesEachBatchOnceAsItIs) {
    auto script = reader({frames[0], frames[1] + frames[2], frames[3]});
    ASSERT_TRUE(run_task(stream_events(call, std::move(script), "/here")));
    EXPECT_EQ(writer.head.status, 200u);
    EXPECT_EQ(writer.head.headers.get("Content-Type"), "text/event-stream");
    EXPECT_EQ(writer.head.headers.get("X-Accel-Buffering"), "no");
    EXPECT_EQ(writer.head.headers.get("Location"), "/here");
    EXPECT_EQ(writer.writes.size(), 3u);
    EXPECT_EQ(writer.body, frames[0] + frames[1] + frames[2] + frames[3]);
    EXPECT_TRUE(writer.finished);
}

TEST_F(EventStreamTest, HasNothingToSayAfterTheTerminalEvent) {
    ASSERT_TRUE(run_task(stream_events(call, reader({}), {})));
    EXPECT_EQ(writer.head.status, 204u);
    EXPECT_EQ(writer.body, "");
}

TEST_F(EventStreamTest, EndsWithoutFinishingWhenTheReaderIsGone) {
    writer.write_result = fail(Errc::cancelled, "gone");
    auto script = reader({frames[0], frames[3]});
    EXPECT_FALSE(run_task(stream_events(call, std::move(script), {})));
    EXPECT_FALSE(writer.finished);
}

TEST_F(EventStreamTest, DoesNotStreamToWhoAsksForTheHeadOnly) {
    request.method = "HEAD";
    ASSERT_TRUE(run_task(stream_events(call, reader({frames[0], frames[3]}), {})));
    EXPECT_EQ(writer.head.status, 200u);
    EXPECT_EQ(writer.body, "");
}

TEST_F(EventStreamTest, PollsAsJsonWithTheDataAsItIs) {
    auto script = reader({frames[0] + frames[1], frames[3]});
    ASSERT_TRUE(run_task(poll_events(call, std::move(script), std::chrono::seconds(5))));
    EXPECT_EQ(writer.body, R"({"events":[{"n":1,"type":"text","data":{"delta":"会1"}},)"
                           R"({"n":2,"type":"text","data":{"delta":"会2"}}],"ended":false})");
}

TEST_F(EventStreamTest, AnswersAPollThatSawNothingWhenItsTimeIsOver) {
    auto script = reader({"", frames[3]});
    ASSERT_TRUE(run_task(poll_events(call, std::move(script), std::chrono::seconds(0))));
    EXPECT_EQ(writer.body, R"({"events":[],"ended":false})");
}

TEST_F(EventStreamTest, EndsInOrderWhenThisServerGoesWhileAnotherRunsTheAnswer) {
    auto script = reader({frames[0], frames[1]});
    script->leaves = true;
    ASSERT_TRUE(run_task(stream_events(call, std::move(script), {})));
    EXPECT_EQ(writer.body, frames[0] + frames[1]);
    EXPECT_TRUE(writer.finished);
}

TEST_F(EventStreamTest, APollIsAnsweredAtOnceWhenThisServerGoes) {
    auto script = reader({});
    script->leaves = true;
    ASSERT_TRUE(run_task(poll_events(call, std::move(script), std::chrono::hours(1))));
    EXPECT_EQ(writer.body, R"({"events":[],"ended":false})");
}

asio::awaitable<void> pass(Gate& gate, std::string& log, char name) {
    bool const entered = co_await gate.enter();
    if (!entered) {
        log += '!';
        co_return;
    }
    log += name;
    co_await sleep_for(std::chrono::milliseconds(50));
    log += name;
    gate.leave();
}

asio::awaitable<std::string> let_all_pass() {
    auto const loop = co_await asio::this_coro::executor;
    NullLog log;
    Gate gate(loop);
    std::string order;
    TaskGroup tasks(loop, log);
    TaskGroup stopped(loop, log);
    tasks.start("a", pass(gate, order, 'a'));
    tasks.start("b", pass(gate, order, 'b'));
    stopped.start("x", pass(gate, order, 'x'));
    tasks.start("c", pass(gate, order, 'c'));
    co_await sleep_for(std::chrono::milliseconds(1));
    stopped.stop();
    co_await tasks.join(std::chrono::seconds(5));
    co_return order;
}

TEST(Gate, LetsTasksThroughOneAtATimeInOrderAndForgetsThoseThatWereStopped) {
    auto order = run_task(let_all_pass());
    // When the stopped one learns of it is the loop's business; that it never gets in is not.
    EXPECT_EQ(std::erase(order, '!'), 1u);
    EXPECT_EQ(order, "aabbcc");
}

TEST(JsonOut, ShowsAnAnswerWithAllItsMembers) {
    chat::Message message;
    message.role = chat::MessageRole::assistant;
    message.text = "a\"\n会";
    message.steps_json =
        R"([{"id":"s","kind":"model","name":"history_cut","state":"done","detail":{"dropped":3}}])";
    std::string out;
    append_message(out, message);
    auto const json = parse_json(out).value();
    for (auto const* member :
         {"id", "parent", "siblings", "role", "text", "state", "generation", "finish", "error",
          "model", "files", "steps", "citations", "reasoning", "ended_at", "usage", "feedback",
          "notice", "created_at"})
        EXPECT_TRUE(json.as_object().contains(member)) << member;
    EXPECT_EQ(json.at("text").as_string(), "a\"\n会");
    EXPECT_EQ(json.at("notice").at("dropped").as_int64(), 3);
}

}  // namespace
}  // namespace kaiwa::api
