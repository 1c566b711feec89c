#pragma once

#include "chat/types.hpp"
#include "llm/failure.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace kaiwa::chat {

/// A turn as whoever answers it sees it.
struct TurnContext {
    Principal who;
    ThreadId thread;
    MessageId question;
    MessageId reply;
    std::string model;  ///< "local/qwen3".
    ThreadSettings settings;
    std::string continued_text;  ///< The answer being carried on; empty for a new one.

    /// A question as it was just stored.
    struct Asked {
        std::string text;
        std::optional<MessageId> parent;  ///< What it follows; unset at the root.
    };
    /// Set for a new question without files.
    std::optional<Asked> asked{};
    /// What came before the question, oldest first, in place of the thread's own messages. Only
    /// together with `asked`.
    std::optional<std::vector<Remembered>> remembered{};
};

/// Where an answer is written. Each call becomes one event, in order.
///
/// Every function fails with `Errc::cancelled` once the turn is over for another reason (a person's
/// stop, shutdown): return at once.
class TurnSink {
public:
    virtual ~TurnSink() = default;
    /// `delta` is well-formed UTF-8 and not empty. Readers see it with the next `show()`.
    virtual asio::awaitable<Result<void>> text(std::string_view delta) = 0;
    virtual asio::awaitable<Result<void>> reasoning(std::string_view delta) = 0;
    /// The same without a wait. Null where one is needed: then nothing was written.
    virtual std::optional<Result<void>> text_now(std::string_view delta) = 0;
    virtual std::optional<Result<void>> reasoning_now(std::string_view delta) = 0;
    /// Lets the readers have what was written: before every wait for more, so that what came
    /// together is sent together. The other events are shown at once.
    virtual void show() = 0;
    /// `data` is the JSON of a `step` or `citation` event. A step that is over may say in
    /// `detail.ms` how many milliseconds it took.
    virtual asio::awaitable<Result<void>> step(std::string data) = 0;
    virtual asio::awaitable<Result<void>> citation(std::string data) = 0;
    virtual asio::awaitable<Result<void>> usage(llm::Usage usage) = 0;
};

/// Answers turns: the seam between a turn's durable life and what produces the words. The built-in
/// one asks a model; a program may bring its own. Thread-safe.
class Responder {
public:
    virtual ~Responder() = default;
    /// Writes the answer to `sink` and says how it ended.
    virtual asio::awaitable<llm::Outcome<llm::FinishReason>> respond(TurnContext const& turn,
                                                                     TurnSink& sink) = 0;
};

}  // namespace kaiwa::chat
