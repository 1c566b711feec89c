// Readers that come while an answer is written, when its log has let go of what was saved.
#include "chat/event_frame.hpp"
#include "turns/turn_fixture.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace kaiwa::chat {
namespace {

using namespace std::chrono_literals;

class LateReaders : public TurnFixture {
protected:
    void wait_until_saved(GenerationId id, std::uint64_t last) {
        run_loops_until([&] {
            return get(store->chats().generation(hana, id)).last_event >= last;
        });
    }
    /// Reads as a host does that holds little while it waits.
    asio::awaitable<void> follow_waiting_little(GenerationId id, std::uint64_t after,
                                                std::string& seen) {
        auto reader = co_await service->follow(hana, id, after);
        if (!reader) co_return;
        for (EventBatch batch; !batch.ended;) {
            auto const deadline = std::chrono::steady_clock::now() + 20s;
            if (!(*reader)->next_now(batch)) {
                if (auto arrival = (*reader)->arrival(deadline)) {
                    co_await std::move(*arrival);
                    continue;
                }
                auto const read = co_await (*reader)->next(batch, deadline);
                if (!read) co_return;
            }
            for (auto const piece : batch.pieces) seen += EventBatch::text_of(piece);
        }
    }
    using Follow = std::function<asio::awaitable<void>(GenerationId, std::uint64_t, std::string&)>;
    /// Thirty readers come while an answer is written, each after event `after(i)`.
    void expect_nothing_missed(std::function<std::uint64_t(std::size_t)> const& after,
                               Follow const& follow) {
        start_service({.flush_after = 20ms, .flush_bytes = 256});
        responder.script = say_slowly(1'500, "ことば");
        auto const ticket = ask("長い話");
        std::vector<std::string> seen(30);
        for (std::size_t i = 0; i < seen.size(); ++i) {
            spawn_on(static_cast<int>(i % 2), follow(ticket.generation, after(i), seen[i]));
            std::this_thread::sleep_for(40ms);
        }
        EXPECT_LT(finished_tasks, seen.size()) << "the answer was over before everybody came";
        run_loops_until([&] { return finished_tasks == seen.size(); });
        wait_until_idle();
        auto const whole = read_from(ticket.generation, 0);
        ASSERT_EQ(split_frames(whole).size(), 1'503u);
        for (std::size_t i = 0; i < seen.size(); ++i)
            EXPECT_EQ(seen[i], frames_after(whole, after(i))) << i;
    }
};

TEST_F(LateReaders, WhoComesLateMissesNothingOfWhatTheLogLetGoOf) {
    expect_nothing_missed(
        [](std::size_t i) { return i * 7; },
        [this](GenerationId id, std::uint64_t after, std::string& seen) {
            return follow_all(id, after, seen);
        });
}

TEST_F(LateReaders, WhoHoldsLittleWhileWaitingMissesNothingEither) {
    expect_nothing_missed(
        [](std::size_t i) { return i % 10 == 9 ? 1'200u : i * 7; },  // some are yet to come
        [this](GenerationId id, std::uint64_t after, std::string& seen) {
            return follow_waiting_little(id, after, seen);
        });
}

TEST_F(LateReaders, WhoComesLateDoesNotJudgeTheLeaseOfARunOfThisProcess) {
    start_service({.flush_after = 20ms, .flush_bytes = 256});
    responder.script = say_then_wait(std::vector<std::string>(500, "ことば"));
    auto const ticket = ask("長い話");
    wait_until_saved(ticket.generation, 502);
    clock.advance(1h);  // the machine was paused; the runner renews when it comes to it
    std::string seen;
    spawn_on(1, follow_all(ticket.generation, 0, seen));
    std::this_thread::sleep_for(300ms);
    EXPECT_EQ(finished_tasks, 0u) << "the answer is still being written";
    EXPECT_EQ(get(store->chats().generation(hana, ticket.generation)).state,
              GenerationState::running);
    ASSERT_TRUE(get_result(service->stop(hana, ticket.generation)));
    run_loops_until([&] { return finished_tasks == 1; });
    EXPECT_EQ(split_frames(seen).back().type, "stopped");
    EXPECT_EQ(split_frames(seen).size(), 503u);
}

TEST_F(LateReaders, WhoComesLateHoldsAPageAndNotTheAnswer) {
    start_service({.flush_after = 20ms, .flush_bytes = 256});
    responder.script = [](ScriptedResponder& self, TurnSink& sink) {
        return speak(self, sink, std::vector<std::string>(1'500, std::string(200, 'x')), 1ms, true,
                     llm::FinishReason::stop);
    };
    auto const ticket = ask("長い話");
    wait_until_saved(ticket.generation, 1'502);
    auto reader = get(service->follow(hana, ticket.generation, 0));
    EventBatch batch;
    std::uint64_t seen = 0;
    while (seen < 1'502) {
        auto const until = std::chrono::steady_clock::now() + 10s;
        ASSERT_TRUE(wait_for(reader->next(batch, until)));
        ASSERT_FALSE(batch.empty());
        std::size_t bytes = 0;
        for (auto const piece : batch.pieces) {
            auto const frames = split_frames(EventBatch::text_of(piece));
            EXPECT_EQ(frames.front().number, seen + 1);
            seen = frames.back().number;
            bytes += piece.size();
        }
        EXPECT_LT(bytes, 96u * 1024);
    }
    ASSERT_TRUE(get_result(service->stop(hana, ticket.generation)));
    reader.reset();
}

TEST_F(LateReaders, WhoHasTheLastEventFromTheStoreIsToldThatItIsTheLast) {
    start_service({.flush_after = 20ms, .flush_bytes = 256});
    responder.script = say_then_wait(std::vector<std::string>(200, "ことば"));
    auto const ticket = ask("長い話");
    wait_until_saved(ticket.generation, 202);
    // It came while the answer was written, and reads once it is over.
    auto reader = get(service->follow(hana, ticket.generation, 0));
    ASSERT_TRUE(get_result(service->stop(hana, ticket.generation)));
    wait_until_idle();
    EventBatch batch;
    auto const until = std::chrono::steady_clock::now() + 10s;
    ASSERT_TRUE(wait_for(reader->next(batch, until)));
    ASSERT_FALSE(batch.empty());
    EXPECT_EQ(split_frames(EventBatch::text_of(batch.pieces.back())).back().type, "stopped");
    EXPECT_TRUE(batch.ended);
    ASSERT_TRUE(wait_for(reader->next(batch, until)));
    EXPECT_TRUE(batch.empty() && batch.ended);
}

}  // namespace
}  // namespace kaiwa::chat
