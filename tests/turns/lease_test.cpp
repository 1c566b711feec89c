#include "turns/forwarding_store.hpp"
#include "turns/turn_fixture.hpp"

namespace kaiwa::chat {
namespace {

using namespace std::chrono_literals;

/// Its writes take longer than a lease: in the middle of each, somebody looks after a lease's time.
class SlowerThanALease final : public ForwardingStore {
public:
    SlowerThanALease(ChatStore& inner, MovableClock& clock, Principal reader)
        : ForwardingStore(inner), clock_(clock), reader_(std::move(reader)) {}

    asio::awaitable<Result<LogAck>> append_log(Lease lease, LogSegment segment,
                                               std::uint64_t sendable) override {
        if (segment.first > 1 && !std::exchange(appended_, true)) co_await take_long(lease);
        co_return co_await inner_.append_log(lease, std::move(segment), sendable);
    }
    asio::awaitable<Result<LogAck>> renew_lease(Lease lease) override {
        auto const ack = co_await inner_.renew_lease(lease);
        if (ack) ++renewals;
        co_return ack;
    }
    asio::awaitable<Result<void>> end_generation(Lease lease, Ending ending) override {
        co_await take_long(lease);
        co_return co_await inner_.end_generation(lease, std::move(ending));
    }

    std::atomic<int> renewals = 0;
    std::atomic<int> looks = 0;

private:
    asio::awaitable<void> take_long(Lease lease) {
        clock_.advance(lease_time - 2s);
        auto const before = renewals.load();
        auto const give_up = std::chrono::steady_clock::now() + 10s;
        while (renewals == before && std::chrono::steady_clock::now() < give_up)
            co_await sleep_for(1ms);
        clock_.advance(lease_time - 2s);
        auto const seen = co_await inner_.interrupt_expired(reader_, lease.generation);
        EXPECT_TRUE(seen && seen->state == GenerationState::running);
        ++looks;
    }

    MovableClock& clock_;
    Principal reader_;
    bool appended_ = false;
};

TEST_F(TurnFixture, TheLeaseIsKeptWhileASaveAndTheEndTakeLong) {
    SlowerThanALease slow(store->chats(), clock, hana);
    TurnOptions options;
    options.flush_after = 1ms;
    start_service(options, slow);
    responder.script = [](ScriptedResponder& self, TurnSink& sink) {
        return speak(self, sink, {"長い", "答え", "です"}, 300ms, false, llm::FinishReason::stop);
    };
    auto const ticket = ask("待って");
    auto const seen = read_from(ticket.generation, 0);
    EXPECT_EQ(split_frames(seen).back().type, "done");
    EXPECT_EQ(slow.looks, 2);
    EXPECT_EQ(get(store->chats().generation(hana, ticket.generation)).state,
              GenerationState::done);
    start_service({});
}

}  // namespace
}  // namespace kaiwa::chat
