#pragma once

#include "auth/user_store.hpp"
#include "base/spawn.hpp"
#include "chat/types.hpp"
#include "kaiwa/error.hpp"

#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kaiwa::chat {

using auth::Page;

inline constexpr std::chrono::seconds lease_time{15};
inline constexpr std::chrono::seconds lease_renewal{5};
inline constexpr std::chrono::hours event_retention{24};
/// `Generation::sendable` of a generation that just began, and how far each segment moves it on.
inline constexpr std::uint64_t sendable_ahead = 4096;
inline constexpr std::chrono::hours deleted_retention{24 * 30};
static_assert(passing >= event_retention);

struct NewThread {
    ThreadId id;
    std::string title;
    ThreadSettings settings;
    Stay stay = for_good;
};

/// What changes of a thread; unset stays. `head` must be a message of the thread.
struct ThreadPatch {
    std::optional<std::string> title;
    std::optional<SettingsPatch> settings;
    std::optional<bool> archived;
    std::optional<MessageId> head;
};

struct ThreadQuery {
    bool archived = false;
    std::size_t limit = 50;
    std::string after;
};

struct MessageQuery {
    std::optional<MessageId> from;  ///< The branch that ends here; unset: at the thread's head.
    std::size_t limit = 50;
    std::string before;  ///< Cursor: go back from there.
};

/// Where a turn hangs in the tree.
struct TurnParent {
    enum class Kind { head, root, message } kind = Kind::head;
    MessageId message;  ///< For `message`.
};

/// A person's question and the answer to come, created together.
struct NewTurn {
    MessageId question;  ///< Made by the client: the idempotency key within the thread.
    TurnParent parent;
    std::string text;
    std::vector<FileId> files;  ///< Must be the principal's own.
    MessageId reply;
    GenerationId generation;
    std::string default_model;   ///< Where neither the request nor the thread names one.
    SettingsChange settings;     ///< Merged into the thread's.
    std::string title;           ///< For a thread that has none.
    std::string request_digest;  ///< SHA-256 of what the client asked; tells a repeat from a clash.
    std::string handover{};      ///< For whoever claims the run; empty: it runs where it began.
};

/// Another answer to a question, or an answer carried on.
struct NewReply {
    MessageId message;  ///< The assistant message to regenerate or continue.
    MessageId reply;    ///< Made by the client: the idempotency key within the thread.
    GenerationId generation;
    std::string default_model;
    SettingsChange settings;
    std::string request_digest;
    std::string handover{};
};

struct TurnTicket {
    ThreadId thread;
    MessageId message;  ///< The question.
    MessageId reply;
    GenerationId generation;
    std::uint64_t epoch = 0;
    enum class Outcome { created, repeated } outcome = Outcome::created;
    bool titled = false;  ///< `NewTurn::title` became the thread's title.

    // Of what was created:
    ThreadSettings settings{};          ///< As stored, with a model.
    std::optional<MessageId> parent{};  ///< What the question follows; of `begin_turn()` alone.
};

/// Consecutive events of one generation. `frames` is their ready-to-send text as
/// chat/event_frame.hpp defines it.
struct LogSegment {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::string frames;
    std::string text;       ///< The text deltas among them, joined.
    std::string reasoning;  ///< The reasoning deltas among them, joined.
};

struct LogAck {
    bool stop_requested = false;
};

/// How a generation ended and what its message came to.
struct Ending {
    LogSegment last_segment;  ///< Ends with the terminal event.
    GenerationState state = GenerationState::done;
    std::string text;
    std::string reasoning;
    std::optional<std::string> finish;
    std::optional<ProblemJson> error;
    std::optional<llm::Usage> usage;
    std::string steps_json = "[]";
    std::string citations_json = "[]";
};

/// The run of a turn that was begun elsewhere, in the hands of whoever claimed it.
struct ClaimedTurn {
    std::uint64_t epoch = 0;  ///< Of the lease, which is new.
    std::string handover;     ///< As it was given to `begin_turn()` or `begin_reply()`, at most 64 KiB.
};

struct LogPage {
    Generation generation;
    std::vector<LogSegment> segments;  ///< In order; the first may begin before the asked number.
    bool more = false;  ///< It was too much for a page: read again after the last segment.
};

/// Keeps threads, messages, generations and their event logs. Messages are appended, never
/// rewritten but for the one assistant message whose generation ends; settings and titles are
/// changed field by field.
///
/// Every function takes the principal and finds only what is its own: what is foreign, absent or
/// deleted is the same `not_found`. A success means the change survives power loss. Thread-safe.
/// Other failures everywhere: `unavailable`; `internal`.
class ChatStore {
public:
    virtual ~ChatStore() = default;

    /// Whether other processes work on the same data, so that stop flags and new events must be
    /// looked for.
    [[nodiscard]] virtual bool is_shared() const = 0;

    /// The same id again by the same principal returns what exists.
    virtual asio::awaitable<Result<Thread>> create_thread(Principal who, NewThread thread) = 0;
    virtual asio::awaitable<Result<Thread>> thread(Principal who, ThreadId id) = 0;
    /// Newest first by `updated_at`, without settings.
    virtual asio::awaitable<Result<Page<Thread>>> threads(Principal who, ThreadQuery query) = 0;
    virtual asio::awaitable<Result<Thread>> update_thread(Principal who, ThreadId id,
                                                          ThreadPatch patch) = 0;
    virtual asio::awaitable<Result<void>> delete_thread(Principal who, ThreadId id) = 0;
    /// Takes a deletion back within `deleted_retention`.
    virtual asio::awaitable<Result<Thread>> restore_thread(Principal who, ThreadId id) = 0;

    /// One page of a branch, oldest first, ending at the newest. `next` leads to older ones.
    virtual asio::awaitable<Result<Page<Message>>> messages(Principal who, ThreadId thread,
                                                            MessageQuery query) = 0;
    virtual asio::awaitable<Result<Message>> message(Principal who, ThreadId thread,
                                                     MessageId id) = 0;
    /// Makes the newest leaf below `message` the head.
    virtual asio::awaitable<Result<Thread>> select_branch(Principal who, ThreadId thread,
                                                          MessageId message) = 0;

    /// Stores the question, the pending answer, its generation with a lease and the thread's new
    /// head, merged settings and perhaps title, all or nothing. A repeat of a stored key returns its ids.
    /// Fails with `not_found` (thread, parent, a file) or `conflict` (reason
    /// "idempotency_conflict": the key is taken by another request).
    virtual asio::awaitable<Result<TurnTicket>> begin_turn(Principal who, ThreadId thread,
                                                           NewTurn turn) = 0;
    /// The same for a sibling answer of an assistant message.
    virtual asio::awaitable<Result<TurnTicket>> begin_reply(Principal who, ThreadId thread,
                                                            NewReply reply) = 0;

    /// The ticket of a turn or reply whose key is `key`, as its repeat would get it; nothing when
    /// there is none yet. Fails like a repeat.
    virtual asio::awaitable<Result<std::optional<TurnTicket>>> find_ticket(
        Principal who, ThreadId thread, MessageId key, std::string request_digest) = 0;

    virtual asio::awaitable<Result<Generation>> generation(Principal who, GenerationId id) = 0;
    /// Events after `after`. Fails with `gone` (reason "events_expired") after the retention.
    virtual asio::awaitable<Result<LogPage>> read_log(Principal who, GenerationId id,
                                                      std::uint64_t after) = 0;
    /// Asks the runner to stop, wherever it is.
    virtual asio::awaitable<Result<void>> request_stop(Principal who, GenerationId id) = 0;

    /// Takes the run of a turn that was begun with a `handover` and that nobody claimed yet: moves
    /// the epoch on and renews the lease. Of several calls one succeeds.
    /// Fails with `conflict` when it was claimed, has written events, ended, or its lease expired,
    /// and with `not_found`.
    virtual asio::awaitable<Result<ClaimedTurn>> claim(GenerationId id) = 0;
    /// Stores a segment, renews the lease and allows numbers up to `sendable` to be sent.
    /// Fails with `conflict` when the lease was lost: the runner ends without another word.
    virtual asio::awaitable<Result<LogAck>> append_log(Lease lease, LogSegment segment,
                                                       std::uint64_t sendable) = 0;
    /// Renews the lease of an idle runner.
    virtual asio::awaitable<Result<LogAck>> renew_lease(Lease lease) = 0;
    /// Stores the last segment and the message's final state. Fails like `append_log()`.
    virtual asio::awaitable<Result<void>> end_generation(Lease lease, Ending ending) = 0;
    /// Marks a generation whose lease expired as interrupted, with the text that is stored; returns
    /// what it is now. Anybody may call it; the terminal event gets the number `sendable` + 1.
    virtual asio::awaitable<Result<Generation>> interrupt_expired(Principal who,
                                                                  GenerationId id) = 0;

    virtual asio::awaitable<Result<void>> put_feedback(Principal who, ThreadId thread,
                                                       MessageId message, Feedback feedback) = 0;
    virtual asio::awaitable<Result<void>> remove_feedback(Principal who, ThreadId thread,
                                                          MessageId message) = 0;

    /// Records a file whose bytes are in the BlobStore.
    virtual asio::awaitable<Result<void>> add_file(Principal who, FileInfo file) = 0;
    virtual asio::awaitable<Result<FileInfo>> file(Principal who, FileId id) = 0;
};

struct SearchHit {
    ThreadId thread;
    std::string thread_title;
    bool archived = false;             ///< The thread is.
    std::optional<MessageId> message;  ///< Unset: the title matched.
    std::string snippet;               ///< At most 160 code points around the first hit.
    std::vector<std::pair<std::size_t, std::size_t>> marks;  ///< [from, to) in UTF-16 code units.
};

struct SearchPage {
    std::vector<SearchHit> items;
    std::optional<std::string> next;
    bool partial = false;  ///< Time ran out; `next` goes on.
};

/// Finds words in titles and messages, also two-character Japanese words. Width and case do not
/// matter; all words must be there. Newest first.
class MessageSearch {
public:
    virtual ~MessageSearch() = default;
    virtual asio::awaitable<Result<SearchPage>> search(Principal who, std::string words,
                                                       std::size_t limit, std::string after) = 0;
};

/// Some bytes of a blob, or all.
struct BlobPart {
    static constexpr std::uint64_t to_the_end = std::numeric_limits<std::uint64_t>::max();

    std::uint64_t first = 0;            ///< Within the blob.
    std::uint64_t length = to_the_end;  ///< Over 0; the blob may end before.

    [[nodiscard]] bool is_all() const { return first == 0 && length == to_the_end; }
};

/// Keeps the bytes of files under ids that the server made.
class BlobStore {
public:
    class Writer {
    public:
        virtual ~Writer() = default;  ///< Without `commit()` nothing is kept.
        virtual asio::awaitable<Result<void>> write(std::string bytes) = 0;
        /// The bytes survive power loss after this.
        virtual asio::awaitable<Result<void>> commit() = 0;
    };
    class Reader {
    public:
        virtual ~Reader() = default;
        /// Bytes that it gives in all.
        [[nodiscard]] virtual std::uint64_t size() const = 0;
        /// At most 64 KiB; empty at the end.
        virtual asio::awaitable<Result<std::string>> next() = 0;
    };
    virtual ~BlobStore() = default;
    virtual asio::awaitable<Result<std::unique_ptr<Writer>>> create(FileId id) = 0;
    /// Fails with `not_found`, and with `invalid_argument` for a part that begins behind the last
    /// byte. Whether `id` may be read is checked in the ChatStore before.
    virtual asio::awaitable<Result<std::unique_ptr<Reader>>> open(FileId id, BlobPart part) = 0;
    asio::awaitable<Result<std::unique_ptr<Reader>>> open(FileId id) { return open(id, {}); }
    virtual asio::awaitable<Result<void>> remove(FileId id) = 0;

    /// The same for what another program stored in this place (`FileInfo::foreign_key`). Where
    /// nobody else stores anything there is nothing to be found.
    virtual asio::awaitable<Result<std::unique_ptr<Reader>>> open_foreign(std::string /*key*/) {
        co_return fail(Errc::not_found, "no other program stores files here");
    }
    virtual asio::awaitable<Result<void>> remove_foreign(std::string /*key*/) {
        co_return Result<void>{};
    }
};

/// Opens the bytes of `file`, whoever stored them.
[[nodiscard]] inline asio::awaitable<Result<std::unique_ptr<BlobStore::Reader>>> open_bytes(
    BlobStore& blobs, FileInfo const& file) {
    return file.foreign_key.empty() ? blobs.open(file.id) : blobs.open_foreign(file.foreign_key);
}

}  // namespace kaiwa::chat
