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
// Between tries to save a turn that fail, doubling; all turns of a loop together warn as often.
constexpr auto shortest_save_pause = 100ms;
constexpr std::chrono::milliseconds longest_save_pause = 2s;
constexpr auto warning_pause = 5s;

SteadyTime now() { return std::chrono::steady_clock::now(); }

/// Whether its oldest event that is not saved has waited for `age`.
bool is_old(LiveTurn const& turn, SteadyTime time, SteadyTime::duration age) {
    return turn.unsaved_bytes > 0 && time - turn.unsaved_since >= age;
}

/// Whether no other try is under way, and the last one that failed is long enough ago.
bool may_save(LiveTurn const& turn, SteadyTime time) {
    return !turn.saving && time - turn.saved_at >= turn.save_pause;
}

}  // namespace

TurnSaver::TurnSaver(ChatStore& store, TurnOptions const& options, Log& log,
                     asio::any_io_executor loop)
    : store_(store), options_(options), log_(log), loop_(std::move(loop)) {}

/// One that ends with an exception is a write that failed: the turn goes on, and is saved by the
/// next one.
void TurnSaver::start_save(std::shared_ptr<LiveTurn> turn) {
    turn->saving = true;
    auto on_end = [self = shared_from_this(), turn](std::exception_ptr const& error) {
        if (error) self->saved(*turn, fail(Errc::internal, "saving it threw"));
    };
    spawn(loop_, asio::cancellation_slot(), save(turn), std::move(on_end));
}

void TurnSaver::start_look(std::shared_ptr<LiveTurn> turn) {
    turn->looking = true;
    auto on_end = [self = shared_from_this(), turn](std::exception_ptr const& error) {
        if (error) self->looked(*turn, fail(Errc::internal, "renewing its lease threw"));
    };
    spawn(loop_, asio::cancellation_slot(), look(turn), std::move(on_end));
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
    turn->renewed = turn->saved_at = turn->looked_at = now();
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
        auto const age = age_to_save(time);
        for (auto const& turn : turns) look_at(turn, time, age);
    }
    ticking_ = false;
}

/// A store of this process alone commits together what comes together: when one turn is saved,
/// those that would be soon are, too, and from then on they are due at the same time.
SteadyTime::duration TurnSaver::age_to_save(SteadyTime time) const {
    auto const is_due = [&](auto const& turn) {
        return may_save(*turn, time) && is_old(*turn, time, options_.flush_after);
    };
    bool const together = std::ranges::any_of(turns_, is_due) && !store_.is_shared();
    return together ? options_.flush_after / 2 : options_.flush_after;
}

void TurnSaver::look_at(std::shared_ptr<LiveTurn> const& turn, SteadyTime time,
                        SteadyTime::duration age) {
    // A stop that met a wait which cannot be cancelled is repeated until it meets one that can.
    if (turn->stop_reason != StopReason::none) turn->interrupt();
    bool const is_due = is_old(*turn, time, age) || turn->unsaved_bytes >= options_.flush_bytes;
    if (may_save(*turn, time) && is_due) start_save(turn);
    if (turn->looking) return;
    // A save or an end that is on its way for long keeps no lease.
    bool const due = time - turn->renewed >= lease_renewal && time - turn->looked_at >= look_for_stop;
    bool const idle = store_.is_shared() && !turn->saving &&
                      time - std::max(turn->saved_at, turn->looked_at) >= look_for_stop;
    if (due || idle) start_look(turn);
}

asio::awaitable<void> TurnSaver::save(std::shared_ptr<LiveTurn> turn) {
    auto segment = turn->log.unsaved();
    auto const bytes = turn->unsaved_bytes;
    auto const sendable = segment.last + sendable_ahead;
    auto const lease = Lease{turn->generation, turn->epoch};
    auto const kept = segment;
    auto const begun = now();
    auto const ack = co_await store_.append_log(lease, std::move(segment), sendable);
    if (ack) {
        turn->log.mark_saved(kept);
        turn->unsaved_bytes -= bytes;
        turn->unsaved_since = now();
        turn->sendable = sendable;
    }
    // Arriving last, it took back what was renewed meanwhile; unanswered, it may have.
    turn->renewed = ack ? begun : std::min(turn->renewed, begun);
    saved(*turn, ack);
}

asio::awaitable<void> TurnSaver::look(std::shared_ptr<LiveTurn> turn) {
    auto const lease = Lease{turn->generation, turn->epoch};
    auto const begun = now();
    auto const ack = co_await store_.renew_lease(lease);
    // One that was not due yet may only have looked.
    if (ack && begun - turn->renewed >= lease_renewal) turn->renewed = begun;
    looked(*turn, ack);
}

void TurnSaver::saved(LiveTurn& turn, Result<LogAck> const& ack) {
    turn.saving = false;
    turn.saved_at = now();
    turn.save_pause = ack ? 0ms
                          : std::clamp<std::chrono::milliseconds>(
                                turn.save_pause * 2, shortest_save_pause, longest_save_pause);
    turn.saved.notify_all();
    take_in(turn, ack);
}

void TurnSaver::looked(LiveTurn& turn, Result<LogAck> const& ack) {
    turn.looking = false;
    turn.looked_at = now();
    // Its end tells by itself whether the lease was lost; ended, it has none.
    if (!turn.finishing) take_in(turn, ack);
}

void TurnSaver::take_in(LiveTurn& turn, Result<LogAck> const& ack) {
    if (ack) {
        if (ack->stop_requested) turn.stop(StopReason::person);
    } else if (ack.error().code == Errc::conflict || ack.error().code == Errc::not_found) {
        log_.warning("lease lost", {{"generation", turn.generation.text()}});
        turn.stop(StopReason::lease_lost);
    } else {
        warn_seldom(turn, ack.error());
    }
}

/// Where the store is gone no turn can be saved, and the log may lie on the same disk.
void TurnSaver::warn_seldom(LiveTurn const& turn, Error const& why) {
    auto const time = now();
    if (time - warned_at_ < warning_pause) return;
    warned_at_ = time;
    log_.warning("cannot save turns; trying again", {{"turns", turns_.size()},
                                                     {"generation", turn.generation.text()},
                                                     {"why", why.message}});
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
        if (!turn->saving) start_save(turn);
        auto waiter = turn->saved.prepare(loop_);
        co_await waiter->wait_until(now() + 1s);
        // The store is unavailable: no busy loop around it.
        if (turn->log.last() >= turn->sendable)
            co_await sleep_for(std::max<std::chrono::milliseconds>(tick, turn->save_pause));
    }
    co_return turn->stop_reason == StopReason::none;
}

asio::awaitable<Result<void>> TurnSaver::finish(std::shared_ptr<LiveTurn> turn, EventType terminal,
                                                std::string data, Ending ending) {
    turn->finishing = true;
    co_await wait_until_saved(turn);
    turn->saving = true;  // the tick only keeps the lease, so that nobody declares it interrupted
    ending.last_segment = turn->log.closing_segment(terminal, data);
    auto const lease = Lease{turn->generation, turn->epoch};
    auto const give_up = now() + finish_patience;
    auto pause = 50ms;
    for (;;) {
        auto copy = ending;
        auto const done = co_await store_.end_generation(lease, std::move(copy));
        bool const final = done || done.error().code == Errc::conflict ||
                           done.error().code == Errc::not_found || now() >= give_up;
        if (!done && now() >= give_up)
            log_.error("how a turn ended is not saved",
                       {{"generation", turn->generation.text()}, {"why", done.error().message}});
        if (final) co_return done;
        warn_seldom(*turn, done.error());
        co_await sleep_for(pause);
        pause = std::min(pause * 2, std::chrono::milliseconds(2s));
    }
}

}  // namespace kaiwa::chat
