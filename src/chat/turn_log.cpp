#include "chat/turn_log.hpp"

#include <algorithm>
#include <cstring>

namespace kaiwa::chat {
namespace {

// Small answers cost little memory, long ones few allocations; at most a third is not used yet.
constexpr std::size_t smallest_chunk_bytes = 256;
constexpr std::size_t largest_chunk_bytes = 16 * 1024;

}  // namespace

void TurnLog::store_frame(std::string_view frame) {
    if (chunks_.empty() || chunks_.back()->capacity - chunks_.back()->size < frame.size()) {
        auto const wanted = std::clamp(chunk_bytes_ / 2, smallest_chunk_bytes, largest_chunk_bytes);
        chunks_.push_back(std::make_shared<Chunk>(std::max(wanted, frame.size())));
        chunk_bytes_ += chunks_.back()->capacity;
        chunks_.back()->first = last_;
    }
    auto& chunk = *chunks_.back();
    std::memcpy(chunk.data.get() + chunk.size, frame.data(), frame.size());
    chunk.size += frame.size();
}

std::uint64_t TurnLog::append(EventType type, std::string_view data) {
    std::lock_guard const lock(mutex_);
    std::string frame;
    append_frame(frame, ++last_, type, data);
    store_frame(frame);
    return last_;
}

std::uint64_t TurnLog::append_delta(EventType type, std::string_view delta) {
    std::lock_guard const lock(mutex_);
    scratch_.clear();
    append_delta_frame(scratch_, ++last_, type, delta);
    store_frame(scratch_);
    (type == EventType::text ? text_ : reasoning_).append(delta);
    return last_;
}

std::uint64_t TurnLog::last() const {
    std::lock_guard const lock(mutex_);
    return last_;
}

std::string TurnLog::text() const {
    std::lock_guard const lock(mutex_);
    return text_;
}

std::string TurnLog::reasoning() const {
    std::lock_guard const lock(mutex_);
    return reasoning_;
}

std::size_t TurnLog::answer_bytes() const {
    std::lock_guard const lock(mutex_);
    return text_.size() + reasoning_.size();
}

std::string TurnLog::frames_from(Position at) const {
    std::string out;
    for (; at.chunk < end_chunk(); ++at.chunk, at.offset = 0) {
        auto const& chunk = *chunks_[at.chunk - dropped_];
        out.append(chunk.data.get() + at.offset, chunk.size - at.offset);
    }
    return out;
}

LogSegment TurnLog::unsaved() const {
    std::lock_guard const lock(mutex_);
    return {.first = saved_last_ + 1,
            .last = last_,
            .frames = frames_from(saved_),
            .text = text_.substr(saved_text_),
            .reasoning = reasoning_.substr(saved_reasoning_)};
}

void TurnLog::mark_saved(LogSegment const& segment) {
    std::lock_guard const lock(mutex_);
    saved_last_ = segment.last;
    saved_text_ += segment.text.size();
    saved_reasoning_ += segment.reasoning.size();
    for (auto left = segment.frames.size(); left > 0;) {
        auto const here = chunks_[saved_.chunk - dropped_]->size - saved_.offset;
        if (left < here) {
            saved_.offset += left;
            break;
        }
        left -= here;
        if (left == 0 && saved_.chunk + 1 == end_chunk()) {
            saved_.offset += here;
            break;
        }
        ++saved_.chunk;
        saved_.offset = 0;
    }
    drop_saved();
}

/// Lets go of the chunks that are saved whole; the last one stays to be filled while it is small.
void TurnLog::drop_saved() {
    while (!chunks_.empty()) {
        auto const& chunk = *chunks_.front();
        bool const behind = saved_.chunk > dropped_;
        bool const spent = saved_.chunk == dropped_ && saved_.offset == chunk.size &&
                           chunk.capacity > smallest_chunk_bytes;
        if (!behind && !spent) return;
        chunk_bytes_ -= chunk.capacity;
        chunks_.erase(chunks_.begin());
        ++dropped_;
        if (spent) saved_ = {dropped_, 0};
    }
}

/// The number of the first event that is still here, or the next one that will be.
std::uint64_t TurnLog::first_kept() const {
    return chunks_.empty() ? last_ + 1 : chunks_.front()->first;
}

LogSegment TurnLog::closing_segment(EventType terminal, std::string_view data) const {
    auto segment = unsaved();
    append_frame(segment.frames, ++segment.last, terminal, data);
    return segment;
}

void TurnLog::end(EventType terminal, std::string_view data) {
    append(terminal, data);
    {
        std::lock_guard const lock(mutex_);
        state_ = State::ended;
    }
    changed_.notify_all();
}

void TurnLog::abandon() {
    {
        std::lock_guard const lock(mutex_);
        if (state_ == State::open) state_ = State::abandoned;
    }
    changed_.notify_all();
}

void TurnLog::place(Cursor& cursor) const {
    std::lock_guard const lock(mutex_);
    cursor.at = {dropped_, 0};
    auto const number = cursor.given;
    if (chunks_.empty() || number < first_kept()) return;
    auto const next = std::ranges::find_if(
        chunks_, [&](auto const& chunk) { return chunk->first > number; });
    auto const index = static_cast<std::size_t>(next - chunks_.begin()) - 1;
    auto const& chunk = *chunks_[index];
    std::string_view const frames(chunk.data.get(), chunk.size);
    cursor.at = {dropped_ + index, chunk.size - frames_after(frames, number).size()};
}

void TurnLog::take(Position& at, EventBatch& batch) const {
    while (at.chunk < end_chunk()) {
        auto const& chunk = chunks_[at.chunk - dropped_];
        if (at.offset < chunk->size) {
            batch.pieces.emplace_back(chunk->data.get() + at.offset, chunk->size - at.offset);
            batch.owners.push_back(chunk);
            at.offset = chunk->size;
        }
        // The last chunk may still grow.
        if (at.chunk + 1 == end_chunk()) break;
        ++at.chunk;
        at.offset = 0;
    }
}

TurnLog::Found TurnLog::read(Cursor& cursor, EventBatch& batch) {
    std::lock_guard const lock(mutex_);
    if (cursor.at.chunk < dropped_) cursor.at = {dropped_, 0};
    if (cursor.at.offset == 0 && cursor.at.chunk == dropped_ && cursor.given + 1 < first_kept())
        return Found::saved;
    take(cursor.at, batch);
    if (!batch.pieces.empty()) cursor.given = last_;
    if (state_ == State::ended) return Found::ended;
    if (!batch.pieces.empty()) return Found::events;
    if (state_ == State::abandoned) return Found::abandoned;
    changed_.prepare(cursor.waiter);
    return Found::nothing;
}

}  // namespace kaiwa::chat
