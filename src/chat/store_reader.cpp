#include "chat/store_reader.hpp"

#include "chat/event_frame.hpp"

#include <algorithm>

namespace kaiwa::chat {
namespace {

constexpr std::chrono::milliseconds look_again{300};

void add_piece(EventBatch& batch, std::string frames) {
    auto owner = std::make_shared<std::string const>(std::move(frames));
    batch.pieces.emplace_back(owner->data(), owner->size());
    batch.owners.push_back(std::move(owner));
}

}  // namespace

StoreReader::StoreReader(ChatStore& store, Clock const& clock, Principal who, GenerationId id,
                         std::uint64_t after, std::atomic<bool> const& leaving)
    : store_(store),
      clock_(clock),
      who_(std::move(who)),
      id_(id),
      after_(after),
      leaving_(leaving) {}

asio::awaitable<Result<void>> StoreReader::look(EventBatch& batch) {
    auto page = co_await store_.read_log(who_, id_, after_);
    if (!page) co_return std::unexpected(page.error());

    bool const vanished = page->generation.state == GenerationState::running &&
                          page->generation.lease_until < clock_.now();
    if (vanished) {
        auto const now = co_await store_.interrupt_expired(who_, id_);
        if (!now) co_return std::unexpected(now.error());
        page = co_await store_.read_log(who_, id_, after_);
        if (!page) co_return std::unexpected(page.error());
    }

    take(*page, batch);
    co_return Result<void>{};
}

void StoreReader::take(LogPage const& page, EventBatch& batch) {
    for (auto const& segment : page.segments) {
        auto const fresh = frames_after(segment.frames, after_);
        if (fresh.empty()) continue;
        add_piece(batch, std::string(fresh));
        after_ = std::max(after_, segment.last);
    }
    bool const ended = page.generation.state != GenerationState::running && !page.more;
    if (ended) batch.ended = ended_ = true;
}

asio::awaitable<Result<void>> StoreReader::catch_up(EventBatch& batch) {
    auto const page = co_await store_.read_log(who_, id_, after_);
    if (!page) co_return std::unexpected(page.error());
    take(*page, batch);
    co_return Result<void>{};
}

asio::awaitable<Result<void>> StoreReader::next(EventBatch& batch, SteadyTime deadline) {
    batch.clear();
    batch.ended = ended_;
    while (!batch.ended) {
        auto const looked = co_await look(batch);
        if (!looked || !batch.empty() || batch.ended) co_return looked;
        // A stop that came while the store was asked has ended no pause.
        bool const stopped = co_await stop_requested();
        if (stopped) co_return fail(Errc::cancelled, "stopped");

        auto const left = deadline - std::chrono::steady_clock::now();
        bool const waits = left > std::chrono::steady_clock::duration::zero() && !leaving_;
        if (waits) {
            auto const pause = std::min<std::chrono::steady_clock::duration>(left, look_again);
            if (!co_await sleep_for(pause)) co_return fail(Errc::cancelled, "stopped");
            if (!leaving_) continue;
        }
        batch.left = leaving_;
        break;
    }
    co_return Result<void>{};
}

}  // namespace kaiwa::chat
