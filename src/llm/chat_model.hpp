#pragma once

#include "base/spawn.hpp"
#include "llm/failure.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace kaiwa::llm {

enum class Role { user, assistant };

struct TextPart {
    std::string text;  ///< UTF-8.
};

/// A picture for models that can see.
struct ImagePart {
    std::string media_type;  ///< "image/png", "image/jpeg", "image/gif" or "image/webp".
    std::string bytes;
};

using Part = std::variant<TextPart, ImagePart>;

struct PromptMessage {
    Role role = Role::user;
    std::vector<Part> parts;
    /// Of an assistant's message: the payload of the `Replay` that came with it, when the same
    /// model is asked again. Empty: none.
    std::string replay;
};

/// What a model is asked: instructions, then the conversation, oldest first, ending with a user's
/// message.
struct Prompt {
    std::string system;  ///< Empty: none.
    std::vector<PromptMessage> messages;
};

/// What a person may set; unset is left to the model's server.
struct Parameters {
    std::optional<double> temperature;  ///< 0 to 1.
    std::optional<double> top_p;        ///< 0 to 1.
    std::optional<std::int64_t> max_tokens;

    bool operator==(Parameters const&) const = default;
};

struct Usage {
    std::int64_t input_tokens = 0;
    std::int64_t output_tokens = 0;
    std::optional<std::int64_t> cached_tokens;
    std::optional<std::int64_t> reasoning_tokens;

    bool operator==(Usage const&) const = default;
};

struct TextDelta {
    std::string text;  ///< Well-formed UTF-8, whole code points, never empty.
    bool operator==(TextDelta const&) const = default;
};

struct ReasoningDelta {
    std::string text;
    bool operator==(ReasoningDelta const&) const = default;
};

/// A tool call, whole: its fragments are joined by the adapter.
struct ToolCall {
    std::string id;
    std::string name;
    std::string arguments;  ///< JSON text as the model wrote it, "{}" when it wrote nothing.
    bool operator==(ToolCall const&) const = default;
};

/// What the model wants to be shown again, unchanged, when its answer becomes part of a prompt:
/// signed or sealed reasoning. JSON that only the adapter that made it reads.
struct Replay {
    std::string payload;
    bool operator==(Replay const&) const = default;
};

enum class FinishReason { stop, length, filtered, tool };

/// Always the last event, and only when the answer is whole: the server said how it ended.
struct Finished {
    FinishReason reason = FinishReason::stop;
    bool operator==(Finished const&) const = default;
};

/// `Replay` and `Usage` come at most once each, before `Finished`.
using Event = std::variant<TextDelta, ReasoningDelta, ToolCall, Replay, Usage, Finished>;

/// An answer being written. Pulled: nothing is read from the server until `arrive()` is awaited, so
/// a slow reader slows the server down instead of filling our memory.
///
/// Taking and waiting are apart, so that what came together is passed on together, and so that the
/// long wait for a token holds no event.
///
/// Not thread-safe. Destroying it closes the connection, which stops generation and billing.
class CompletionStream {
public:
    virtual ~CompletionStream() = default;

    /// The next event, when it has arrived; not called again after `Finished` or a failure. An
    /// answer that ends without its end mark is the failure `network`, never `Finished`.
    virtual std::optional<Outcome<Event>> ready() = 0;

    /// Waits, when `ready()` had nothing, until it may have something: look again.
    virtual asio::awaitable<void> arrive() = 0;

    /// Waits for the next event.
    asio::awaitable<Outcome<Event>> next();

    /// The provider's id of this request, for its support; may be empty.
    [[nodiscard]] virtual std::string provider_request_id() const { return {}; }
};

struct ModelInfo {
    std::string id;                      ///< As the server calls it.
    std::string name;                    ///< For people; the id when the server has nothing better.
    std::optional<std::int64_t> window;  ///< Tokens that prompt and answer share, where known.
    std::optional<bool> sees_images;     ///< Unset: unknown, images are tried.
};

/// Told what happens before a model begins to answer.
class StartWatcher {
public:
    virtual ~StartWatcher() = default;
    /// The model failed by `failure` and is asked again soon.
    virtual asio::awaitable<void> asking_again(Failure const& failure) = 0;
};

struct CompletionRequest {
    std::string model;  ///< As the server calls it.
    Prompt prompt;
    Parameters parameters;
    StartWatcher* watcher = nullptr;  ///< Outlives `start()`; null: nobody.
};

/// One provider's models. Implementations live in src/providers/<vendor>/, outlive their streams
/// and are thread-safe; a stream runs on the loop of the task that started it.
class ChatModel {
public:
    virtual ~ChatModel() = default;

    /// Sends the request and returns once the server accepted it. Never retries (see
    /// llm/retry.hpp). What the server refuses is not sent, where that is known.
    virtual asio::awaitable<Outcome<std::unique_ptr<CompletionStream>>> start(
        CompletionRequest request) = 0;

    /// The models that the server lists; fails like `start()`.
    virtual asio::awaitable<Outcome<std::vector<ModelInfo>>> list() = 0;

    /// What to know about the last list although it succeeded, such as that it is not whole.
    [[nodiscard]] virtual std::optional<Failure> notice() const { return std::nullopt; }
};

}  // namespace kaiwa::llm
