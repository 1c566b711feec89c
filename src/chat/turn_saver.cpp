#include "chat/turn_saver.hpp"

#include <algorithm>

namespace kaiwa::chat {
namespace {

using namespace std::chrono_literals;

constexpr auto tick = 50ms;
// How often a runner whose model is silent looks for a stop that another process asked for.
constexpr auto look_for_stop = 500ms;
// A full disk or a lost database may come back; the answer waits in memory so long.
constexpr auto finish_patience = 60s;

SteadyTime now() { return std::chrono::steady_clock::now(); }

}  // namespace

TurnSaver::TurnSaver(ChatStore& store, TurnOptions const& options, Log& log,
                     asio::any_io_executor loop)
    : store_(store), options_(options), log_(log), loop_(std::move(loop)) {}

/// Starts a write to the store. One that ends with an exception is a write that failed: the turn
/// goes on, and is saved by the next one.
void TurnSaver::start(std::shared_ptr<LiveTurn> turn, asio::awaitable<void> task) {
    turn->saving = true;
    auto on_end = [self = shared_from_this(), turn](std::exception_ptr const& error) {
        if (error) self->take_in(*turn, fail(Errc::internal, "saving it threw"));
    };
    spawn(loop_, asio::cancellation_slot(), std::move(task), std::move(on_end));
}

void TurnSaver::keep_ticking() {
    if (std::exchange(ticking_, true)) return;
    auto on_end = [self = shared_from_this()](std::exception_ptr const& error) {
        if (!error) return;
        self->log_.error("looking after the turns of a loop failed with an exception");
        self->ticking_ = false;
        self->keep_ticking();
    };
    spawn(loop_, asio::cancellation_slot(), tick_while_busy(), std::move(on_end));
}

void TurnSaver::add(std::shared_ptr<LiveTurn> turn) {
    turn->touched = now();
    turns_.push_back(std::move(turn));
    keep_ticking();
}

void TurnSaver::remove(std::shared_ptr<LiveTurn> const& turn) { std::erase(turns_, turn); }

void TurnSaver::appended(LiveTurn& turn, std::size_t bytes) {
    if (turn.unsaved_bytes == 0) turn.unsaved_since = now();
    turn.unsaved_bytes += bytes;
}

asio::awaitable<void> TurnSaver::tick_while_busy() {
    auto const self = shared_from_this();
    while (!turns_.empty()) {
        co_await sleep_for(tick);
        auto const time = now();
        // A look may end a turn and remove it: a copy is walked.
        auto const turns = turns_;
        for (auto const& turn : turns) look_at(turn, time);
    }
    ticking_ = false;
}

void TurnSaver::look_at(std::shared_ptr<LiveTurn> const& turn, SteadyTime time) {
    // A stop that met a wait which cannot be cancelled is repeated until it meets one that can.
    if (turn->stop_reason != StopReason::none) turn->interrupt();
    if (turn->saving) return;

    bool const due = turn->unsaved_bytes >= options_.flush_bytes ||
                     (turn->unsaved_bytes > 0 && time - turn->unsaved_since >= options_.flush_after);
    auto const silence = store_.is_shared() ? std::chrono::milliseconds(look_for_stop)
                                            : std::chrono::milliseconds(lease_renewal);
    if (due) {
        start(turn, save(turn));
    } else if (time - turn->touched >= silence) {
        start(turn, renew(turn));
    }
}

asio::awaitable<void> TurnSaver::save(std::shared_ptr<LiveTurn> turn) {
    auto segment = turn->log.unsaved();
    auto const bytes = turn->unsaved_bytes;
    auto const sendable = segment.last + sendable_ahead;
    auto const lease = Lease{turn->generation, turn->epoch};
    auto const kept = segment;
    auto const ack = co_await store_.append_log(lease, std::move(segment), sendable);
    if (ack) {
        turn->log.mark_saved(kept);
        turn->unsaved_bytes -= bytes;
        turn->unsaved_since = now();
        turn->sendable = sendable;
    }
    take_in(*turn, ack);
}

asio::awaitable<void> TurnSaver::renew(std::shared_ptr<LiveTurn> turn) {
    auto const lease = Lease{turn->generation, turn->epoch};
    auto const ack = co_await store_.renew_lease(lease);
    take_in(*turn, ack);
}

void TurnSaver::take_in(LiveTurn& turn, Result<LogAck> const& ack) {
    turn.saving = false;
    turn.touched = now();
    turn.saved.notify_all();
    if (ack) {
        if (ack->stop_requested) turn.stop(StopReason::person);
    } else if (ack.error().code == Errc::conflict || ack.error().code == Errc::not_found) {
        log_.warning("lease lost", {{"generation", turn.generation.text()}});
        turn.stop(StopReason::lease_lost);
    } else {
        log_.warning("cannot save a turn; trying again",
                     {{"generation", turn.generation.text()}, {"why", ack.error().message}});
    }
}

asio::awaitable<void> TurnSaver::wait_until_saved(std::shared_ptr<LiveTurn> turn) {
    while (turn->saving) {
        auto waiter = turn->saved.prepare(loop_);
        co_await waiter->wait_until(now() + 1s);
    }
}

asio::awaitable<bool> TurnSaver::wait_for_room(std::shared_ptr<LiveTurn> turn) {
    while (turn->log.last() >= turn->sendable) {
        if (turn->stop_reason != StopReason::none) co_return false;
        if (!turn->saving) start(turn, save(turn));
        auto waiter = turn->saved.prepare(loop_);
        co_await waiter->wait_until(now() + 1s);
        // The store is unavailable: no busy loop around it.
        if (turn->log.last() >= turn->sendable) co_await sleep_for(tick);
    }
    co_return turn->stop_reason == StopReason::none;
}

asio::awaitable<Result<void>> TurnSaver::finish(std::shared_ptr<LiveTurn> turn, EventType terminal,
                                                std::string data, Ending ending) {
    turn->finishing = true;
    co_await wait_until_saved(turn);
    turn->saving = true;  // keeps the tick away
    ending.last_segment = turn->log.closing_segment(terminal, data);
    auto const lease = Lease{turn->generation, turn->epoch};
    auto const give_up = now() + finish_patience;
    auto pause = 50ms;
    for (;;) {
        auto copy = ending;
        auto const done = co_await store_.end_generation(lease, std::move(copy));
        bool const final = done || done.error().code == Errc::conflict ||
                           done.error().code == Errc::not_found || now() >= give_up;
        if (final) co_return done;
        log_.warning("cannot save how a turn ended; trying again",
                     {{"generation", turn->generation.text()}, {"why", done.error().message}});
        co_await sleep_for(pause);
        pause = std::min(pause * 2, std::chrono::milliseconds(2s));
        // The lease is kept meanwhile, so that nobody else declares the turn interrupted.
        co_await store_.renew_lease(lease);
    }
}

}  // namespace kaiwa::chat
