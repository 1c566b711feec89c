#pragma once

#include "chat/chat_store.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kaiwa::chat {

/// A thread as one store gives it to another.
struct ArchivedThread {
    /// The username is empty where the store knows only the id.
    Principal owner;
    Thread thread;
    std::optional<Timestamp> deleted_at;  ///< Set: deleted, and may still be restored.
};

/// One message of it, with what no client sees. `Message::siblings` and `depth` follow from the
/// others and are not stored. One whose answer was never ended counts as interrupted.
struct ArchivedMessage {
    /// Its place in the thread's history, from 0: parents come before children, siblings in order.
    std::uint64_t number = 0;
    Message message;
    std::string request_digest;  ///< As `NewTurn` has it; empty: the id is no idempotency key.
};

/// All threads of all people, whole, for moving them between stores and bringing them in from
/// elsewhere: the machine's work, which asks for no principal. Event logs are not part of it; the
/// events of an answer that came this way have expired. Thread-safe.
///
/// What somebody goes on with before it is closed stays theirs. Failures: `unavailable`; `internal`.
class ThreadArchive {
public:
    virtual ~ThreadArchive() = default;

    /// Until when a server that worked on these data a moment ago must be thought to be at work;
    /// nothing where none is, and where a store of one server keeps the second one out by itself.
    virtual asio::awaitable<Result<std::optional<Timestamp>>> served_until() = 0;

    struct Listing {
        std::vector<ThreadId> threads;
        std::vector<std::string> unreadable;  ///< What is no thread that this store understands.
        /// Files at messages that another program stored in a bucket.
        std::size_t foreign_files = 0;
        std::optional<std::string> next;      ///< Leads to more, where there are more.
    };
    /// Some of all threads, deleted ones too, in an order of the store's own.
    virtual asio::awaitable<Result<Listing>> list(std::string after) = 0;
    /// Fails with `not_found`.
    virtual asio::awaitable<Result<ArchivedThread>> find(ThreadId id) = 0;

    class Reader {
    public:
        virtual ~Reader() = default;
        /// The next messages by number, about 1 MiB of them; none at the end.
        virtual asio::awaitable<Result<std::vector<ArchivedMessage>>> next() = 0;
        /// Messages of other programs that have no place here.
        [[nodiscard]] virtual std::vector<std::string> const& unreadable() const = 0;
    };
    /// Fails with `not_found`, or `unavailable` (reason "gaps": messages of it are missing).
    virtual asio::awaitable<Result<std::unique_ptr<Reader>>> read(ThreadId id) = 0;

    /// Makes the thread, yet without a head and not deleted, unless it is there. Until it is closed
    /// `find()` gives it without a head, whatever messages it has by then. Fails with `conflict` when
    /// it is somebody else's.
    virtual asio::awaitable<Result<void>> open_thread(ArchivedThread thread) = 0;
    /// Adds messages, parents before their children. The same one again changes nothing. A parent
    /// that is not there fails here or in `close_thread()`, with `invalid_argument`.
    virtual asio::awaitable<Result<void>> add_messages(ArchivedThread thread,
                                                       std::vector<ArchivedMessage> messages) = 0;
    /// Makes the thread what it is to be: its head, its times, archived or deleted.
    /// Fails with `invalid_argument` for a head that is none of its messages.
    virtual asio::awaitable<Result<void>> close_thread(ArchivedThread thread) = 0;
};

[[nodiscard]] inline std::unexpected<Error> somebody_elses(ThreadId id) {
    return fail(Errc::conflict, "thread " + id.text() + " is somebody else's here");
}

/// Messages that a reader gives at once.
inline constexpr std::size_t archived_at_once = 64;
inline constexpr std::size_t archived_bytes_at_once = std::size_t{1} << 20;

}  // namespace kaiwa::chat
