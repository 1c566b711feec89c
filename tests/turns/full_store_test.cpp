// A store that takes nothing for a while, as a full disk does.
#include "turns/forwarding_store.hpp"
#include "turns/turn_fixture.hpp"

#include <gtest/gtest.h>

namespace kaiwa::chat {
namespace {

using namespace std::chrono_literals;

class Full final : public ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;
    std::atomic<bool> is_full = true;
    std::atomic<int> refused = 0;

    asio::awaitable<Result<LogAck>> append_log(Lease lease, LogSegment segment,
                                               std::uint64_t sendable) override {
        if (is_full) {
            ++refused;
            co_return fail(Errc::unavailable, "the disk is full");
        }
        co_return co_await inner_.append_log(lease, std::move(segment), sendable);
    }
};

TEST_F(TurnFixture, AStoreThatTakesNothingIsAskedMoreAndMoreSeldomAndTheAnswerStaysWhole) {
    Full full(store->chats());
    start_service({.flush_after = 20ms, .flush_bytes = 64}, full);
    responder.script = [](ScriptedResponder& self, TurnSink& sink) {
        return speak(self, sink, std::vector<std::string>(250, "ことば"), 10ms, false,
                     llm::FinishReason::stop);
    };
    auto const ticket = ask("長い話");
    std::this_thread::sleep_for(1'800ms);
    EXPECT_GE(full.refused, 3);
    EXPECT_LE(full.refused, 6) << "pauses of 0.1, 0.2, 0.4 and 0.8 s";
    full.is_full = false;
    auto const seen = read_from(ticket.generation, 0);
    EXPECT_EQ(split_frames(seen).back().type, "done");
    EXPECT_EQ(get(store->chats().message(hana, thread, ticket.reply)).text.size(), 250u * 9);
    start_service({});
}

class Watched final : public ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;
    struct Save {
        GenerationId generation;
        std::chrono::steady_clock::time_point at = std::chrono::steady_clock::now();
    };
    std::mutex mutex;
    std::vector<Save> saves;

    asio::awaitable<Result<LogAck>> append_log(Lease lease, LogSegment segment,
                                               std::uint64_t sendable) override {
        {
            std::lock_guard const lock(mutex);
            saves.push_back({lease.generation});
        }
        return inner_.append_log(lease, std::move(segment), sendable);
    }
};

TEST_F(TurnFixture, AnswersOfOneLoopComeToBeSavedTogether) {
    Watched watched(store->chats());
    start_service({.flush_after = 600ms}, watched);
    responder.script = [](ScriptedResponder& self, TurnSink& sink) {
        return speak(self, sink, std::vector<std::string>(250, "x"), 10ms, false,
                     llm::FinishReason::stop);
    };
    auto const one = ask("a long story");
    std::this_thread::sleep_for(350ms);
    auto const other = ThreadId{make_uuid7(clock, random)};
    get(store->chats().create_thread(hana, NewThread{other, "", {}}));
    auto const two = get(service->ask(hana, other, question_of("another")));
    read_from(one.generation, 0);
    read_from(two.generation, 0);
    std::lock_guard const lock(watched.mutex);
    auto const& saves = watched.saves;
    auto const last = std::ranges::find(saves.rbegin(), saves.rend(), one.generation,
                                        &Watched::Save::generation);
    ASSERT_NE(last, saves.rend());
    auto const beside = [&](Watched::Save const& save) {
        return save.generation == two.generation && std::chrono::abs(save.at - last->at) < 150ms;
    };
    EXPECT_TRUE(std::ranges::any_of(saves, beside)) << "they began 350 ms apart";
    start_service({});
}

}  // namespace
}  // namespace kaiwa::chat
