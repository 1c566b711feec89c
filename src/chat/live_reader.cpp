#include "chat/live_reader.hpp"

#include <utility>

namespace kaiwa::chat {
namespace {

constexpr std::chrono::milliseconds look_again{50};

}  // namespace

LiveReader::LiveReader(std::shared_ptr<LiveTurn> turn, asio::any_io_executor loop,
                       std::uint64_t after, StoreReader fallback)
    : turn_(std::move(turn)),
      cursor_{after, std::make_shared<Notifier::Waiter>(std::move(loop))},
      after_(after),
      fallback_(std::move(fallback)) {
    turn_->log.place(cursor_);
}

bool LiveReader::next_now(EventBatch& batch) {
    do {
        batch.clear();
        if (look(batch) || abandoned_ || behind_) return false;
        batch.ended = ended_;
        drop_seen(batch);
    } while (batch.empty() && !batch.ended);
    return true;
}

std::optional<asio::awaitable<bool>> LiveReader::arrival(SteadyTime deadline) {
    if (ended_ || abandoned_ || behind_) return std::nullopt;
    return cursor_.waiter->wait_until(deadline);
}

asio::awaitable<Result<void>> LiveReader::next(EventBatch& batch, SteadyTime deadline) {
    batch.clear();
    while (look(batch)) {
        // A stop that came before this wait does not end it.
        auto const stop = co_await asio::this_coro::cancellation_state;
        if (stop.cancelled() != asio::cancellation_type::none)
            co_return fail(Errc::cancelled, "stopped");
        if (co_await cursor_.waiter->wait_until(deadline)) continue;
        bool const stopping = co_await stop_requested();
        if (stopping) co_return fail(Errc::cancelled, "stopped");
        co_return Result<void>{};
    }
    if (abandoned_ || behind_) co_return co_await next_stored(batch, deadline);
    batch.ended = ended_;
    drop_seen(batch);
    co_return Result<void>{};
}

asio::awaitable<Result<void>> LiveReader::next_stored(EventBatch& batch, SteadyTime deadline) {
    fallback_.skip_to(cursor_.given);
    if (abandoned_) {
        auto const read = co_await fallback_.next(batch, deadline);
        ended_ = batch.ended;
        co_return read;
    }
    auto const read = co_await fallback_.catch_up(batch);
    if (!read) co_return read;
    ended_ = batch.ended;
    behind_ = false;
    cursor_.given = fallback_.read_to();
    turn_->log.place(cursor_);
    // What the log let go of is stored; where the store does not show it yet, a moment later.
    bool const waits = batch.empty() && !ended_;
    if (waits && !co_await sleep_for(look_again)) co_return fail(Errc::cancelled, "stopped");
    co_return Result<void>{};
}

/// Reads what is there; true when there was nothing and more may come.
bool LiveReader::look(EventBatch& batch) {
    while (!ended_ && !abandoned_) {
        auto const found = turn_->log.read(cursor_, batch);
        if (found == TurnLog::Found::events) return false;
        if (found == TurnLog::Found::nothing) return true;
        ended_ = found == TurnLog::Found::ended;
        abandoned_ = found == TurnLog::Found::abandoned;
        behind_ = found == TurnLog::Found::saved;
        if (behind_) break;
    }
    return false;
}

/// A reader may ask for events after a number that is not reached yet.
void LiveReader::drop_seen(EventBatch& batch) {
    if (after_ == 0 || batch.empty()) return;
    auto const seen = std::exchange(batch.pieces, {});
    for (auto const& piece : seen) {
        auto const fresh = frames_after(EventBatch::text_of(piece), after_);
        if (!fresh.empty()) batch.pieces.emplace_back(fresh.data(), fresh.size());
    }
    if (!batch.pieces.empty()) after_ = 0;
}

}  // namespace kaiwa::chat
