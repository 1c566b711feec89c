#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "chat/chat_store.hpp"
#include "chat/handover.hpp"
#include "chat/event_reader.hpp"
#include "chat/notices.hpp"
#include "chat/recent_branches.hpp"
#include "chat/responder.hpp"
#include "chat/turn_report.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::chat {

struct TurnOptions {
    std::size_t turns_per_user = 256;            ///< Running at once; more are refused.
    std::size_t max_answer_bytes = 4 << 20;      ///< Text and reasoning; then it ends by `length`.
    std::chrono::milliseconds flush_after{200};  ///< Oldest unsaved event.
    std::size_t flush_bytes = 2048;              ///< Unsaved frames.

    /// All events of an answer as they are sent, which are held while it runs; then it ends by
    /// `length`. A word a delta takes ten times its bytes.
    [[nodiscard]] std::size_t max_frame_bytes() const {
        return (std::size_t{1} << 20) + 8 * max_answer_bytes;
    }
};

/// A name for a thread: the first line of its first question, shortened.
[[nodiscard]] std::string make_title(std::string_view question);

struct Question {
    MessageId id;  ///< Made by the client: the idempotency key.
    TurnParent parent;
    std::string text;
    std::vector<FileId> files;
    SettingsChange settings;
    /// Who chose the model of `settings`: one that the configuration names is not refused.
    enum class ModelChoice { of_request, of_configuration } model_choice = ModelChoice::of_request;
    /// What came before, oldest first, in place of the thread's own messages.
    std::optional<std::vector<Remembered>> remembered{};
    /// Whether a repeat must remember the same. What a table remembers has grown meanwhile.
    enum class Repeat { remembers_the_same, may_remember_more } repeat = Repeat::remembers_the_same;
    /// The session of a `SessionHistory` that whoever runs the turn adds it to once it ended; empty:
    /// none. Nothing is done with it here but to hand it over.
    std::string history_id{};
    /// Let go of when the turn ends, or at once when none begins here: a place in somebody's count.
    std::shared_ptr<void> guard{};
};

struct ReplyRequest {
    MessageId message;  ///< The answer to replace or carry on.
    MessageId reply;    ///< Made by the client: the idempotency key.
    SettingsChange settings;
    enum class Kind { regenerate, carry_on } kind = Kind::regenerate;
};

/// Where a turn may run.
enum class RunPlace {
    here,      ///< On the loop that begins it: whoever asks reads along.
    anywhere,  ///< In another process too, where there is one to hand it to.
};

/// Why the running turns are ended before their time; the reason that readers see.
enum class Interruption { shutdown, deadline };

/// Starts turns, runs them to their end whoever watches, and lets readers follow them.
///
/// A turn runs on the loop that started it. Functions may be called on any of `loops`.
class TurnService {
public:
    struct Services {
        ChatStore& store;
        Responder& responder;
        Notices& notices;
        RecentBranches& recent;
        Clock const& clock;
        Random& random;
        Log& log;
        std::function<std::string()> default_model;
        /// Whether there may be a model that a request names; unset: any may be.
        std::function<asio::awaitable<bool>(std::string)> knows_model{};
        /// Asks for another process that claims and runs a stored turn; where it fails, and where
        /// there is none, the turn runs here.
        std::function<asio::awaitable<Result<void>>(GenerationId)> hand_over{};
        std::function<void(TurnReport const&)> report{};  ///< Told of every end.
    };

    TurnService(Services services, TurnOptions options, std::vector<asio::any_io_executor> loops);
    ~TurnService();

    /// Stores question and pending answer durably, then starts the run. The same question again
    /// returns the same ticket and starts nothing.
    ///
    /// Fails with `not_found`, `conflict` (reason "idempotency_conflict"), `invalid_argument` (reason
    /// "unknown_model"), `rate_limited` (too many turns of this person) or `unavailable` (reason
    /// "draining").
    asio::awaitable<Result<TurnTicket>> ask(Principal who, ThreadId thread, Question question,
                                            RunPlace place = RunPlace::here);
    /// The same for another answer, or the continuation of one.
    asio::awaitable<Result<TurnTicket>> reply_again(Principal who, ThreadId thread,
                                                    ReplyRequest request,
                                                    RunPlace place = RunPlace::here);
    /// Fails with `invalid_argument` (reason "unknown_model") where nobody has the model that a
    /// request names.
    asio::awaitable<Result<void>> check_model(std::string model);
    /// Claims a turn that another process began, runs it to its end, and says what was handed over.
    /// Fails with `conflict` when it was claimed before or ended, and as the store does.
    asio::awaitable<Result<Handover>> run_claimed(GenerationId id);

    /// Follows a generation from the event after `after`. Fails with `not_found` or `gone`.
    asio::awaitable<Result<std::unique_ptr<EventReader>>> follow(Principal who, GenerationId id,
                                                                 std::uint64_t after);
    /// Stops a generation wherever it runs; one that ended stays as it is. Fails with `not_found`.
    asio::awaitable<Result<void>> stop(Principal who, GenerationId id);

    /// Brings a pending message up to what its generation has in memory. True where it runs here:
    /// then it lives, whatever the lease in the store says.
    bool freshen(Message& message) const;
    /// Ends the runs of a thread that was deleted, or of a person who may no longer ask.
    void stop_thread(ThreadId thread);
    void stop_user(UserId user);

    [[nodiscard]] std::size_t running() const;
    /// Refuses new turns from now on.
    void drain();
    [[nodiscard]] bool draining() const;
    /// Waits for the running turns; what still runs after `patience` ends as interrupted, stored.
    asio::awaitable<void> finish(std::chrono::milliseconds patience,
                                 Interruption why = Interruption::shutdown);
    /// Lets go of those who follow what other processes run: they have to go on there.
    void leave();
    /// Waits until no turn runs.
    asio::awaitable<void> settle();

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace kaiwa::chat
