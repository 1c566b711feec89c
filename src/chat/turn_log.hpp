#pragma once

#include "base/wait.hpp"
#include "chat/chat_store.hpp"
#include "chat/event_frame.hpp"
#include "chat/event_reader.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::chat {

/// The events of one running generation, in memory: each is encoded once, when it is appended, and
/// shared by all readers, who hold a position and read the same bytes. What was saved is let go of:
/// a reader that is further behind than that has it from the store.
///
/// One task appends; any number of tasks on any loops read. Thread-safe.
class TurnLog {
public:
    /// A place between two frames. Chunks are counted from the first that there was.
    struct Position {
        std::size_t chunk = 0;
        std::size_t offset = 0;
    };

    /// Where one reader is, and where it waits. One for each reader.
    struct Cursor {
        std::uint64_t given = 0;  ///< The number of the last event that it was given.
        std::shared_ptr<Notifier::Waiter> waiter{};
        Position at{};  ///< Set by `place()` and `read()`.
    };

    /// Appends an event and returns its number, counted from 1. Wakes nobody: see `publish()`.
    std::uint64_t append(EventType type, std::string_view data);
    /// Appends a `text` or `reasoning` event and adds the delta to the answer so far.
    std::uint64_t append_delta(EventType type, std::string_view delta);
    /// Shows the readers what was appended; those that wait on `loop`, where this is called, send
    /// it before this returns.
    void publish(asio::any_io_executor const& loop) { changed_.notify_all_from(loop); }

    [[nodiscard]] std::uint64_t last() const;
    [[nodiscard]] std::string text() const;
    [[nodiscard]] std::string reasoning() const;
    /// UTF-8 bytes of text and of reasoning, so far.
    [[nodiscard]] std::size_t answer_bytes() const;

    /// What was appended since the segment that `mark_saved()` was last told of.
    [[nodiscard]] LogSegment unsaved() const;
    /// The store has `segment`: readers no longer need it here.
    void mark_saved(LogSegment const& segment);

    /// The unsaved rest with the terminal event, which no reader can see yet: it is shown by
    /// `end()` once it is durable.
    [[nodiscard]] LogSegment closing_segment(EventType terminal, std::string_view data) const;
    /// Shows the terminal event and ends the log.
    void end(EventType terminal, std::string_view data);
    /// Ends the log without a terminal event: readers go on from the store.
    void abandon();

    /// Puts `cursor` after the event `cursor.given`.
    void place(Cursor& cursor) const;

    enum class Found { events, nothing, ended, abandoned, saved };
    /// Moves `cursor` past what is there, adding it to `batch`. When it finds nothing, what is
    /// published next wakes the cursor's waiter. `saved`: what follows is in the store only; read
    /// it there, set `given` and `place()` the cursor anew.
    [[nodiscard]] Found read(Cursor& cursor, EventBatch& batch);

private:
    /// Frames that never move: memory is reserved when the chunk is made and filled from the front.
    struct Chunk {
        explicit Chunk(std::size_t bytes) : capacity(bytes), data(new char[bytes]) {}
        std::size_t capacity;
        std::size_t size = 0;
        std::uint64_t first = 0;  ///< Number of its first event.
        std::unique_ptr<char[]> data;
    };
    enum class State { open, ended, abandoned };

    [[nodiscard]] std::uint64_t first_kept() const;
    [[nodiscard]] std::size_t end_chunk() const { return dropped_ + chunks_.size(); }
    void drop_saved();
    void store_frame(std::string_view frame);
    void take(Position& at, EventBatch& batch) const;
    [[nodiscard]] std::string frames_from(Position at) const;

    mutable std::mutex mutex_;
    Notifier changed_;
    std::vector<std::shared_ptr<Chunk>> chunks_;
    std::size_t dropped_ = 0;  // chunks before the first of `chunks_`
    std::size_t chunk_bytes_ = 0;  // capacity of all chunks
    std::uint64_t last_ = 0;
    State state_ = State::open;
    std::string text_;
    std::string reasoning_;
    std::string scratch_;  // the frame of a delta
    Position saved_;
    std::uint64_t saved_last_ = 0;
    std::size_t saved_text_ = 0;
    std::size_t saved_reasoning_ = 0;
};

}  // namespace kaiwa::chat
