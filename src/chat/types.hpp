#pragma once

#include "auth/principal.hpp"
#include "base/clock.hpp"
#include "base/uuid.hpp"
#include "llm/chat_model.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::chat {

using auth::Principal;

enum class MessageRole { user, assistant };

enum class MessageState {
    pending,      ///< Its generation runs, or its runner vanished and nobody noticed yet.
    complete,
    stopped,      ///< By a person.
    interrupted,  ///< The server or its lease ended.
    failed,       ///< The model could not answer.
};

/// How a thread's next turn is made; unset members follow the server's defaults.
struct ThreadSettings {
    std::optional<std::string> model;  ///< "local/qwen3".
    llm::Parameters parameters;
    std::optional<std::string> system_prompt;

    bool operator==(ThreadSettings const&) const = default;
};

/// What of a turn's settings the request names; the rest is the thread's, then the server's.
struct SettingsChange {
    std::optional<std::string> model;
    std::optional<double> temperature;
    std::optional<double> top_p;
    std::optional<std::int64_t> max_tokens;
    std::optional<std::string> system_prompt;
};

/// What of a thread's settings a person changes: what is named here first goes back to the server's
/// default, then `set` is merged; the rest stays as it is when the change is stored.
struct SettingsPatch {
    SettingsChange set;
    bool clears_model = false;
    bool clears_temperature = false;
    bool clears_top_p = false;
    bool clears_max_tokens = false;
    bool clears_system_prompt = false;

    [[nodiscard]] ThreadSettings apply_to(ThreadSettings settings) const;
};

[[nodiscard]] ThreadSettings merge(ThreadSettings settings, SettingsChange const& change);
/// The same, with a model in any case.
[[nodiscard]] ThreadSettings merge(ThreadSettings settings, SettingsChange const& change,
                                   std::string const& default_model);

/// How long after its last message a thread is deleted when nobody deletes it; zero: never.
using Stay = std::chrono::days;
inline constexpr Stay for_good{0};
/// Its events are gone then, and with them the last that anybody could go on with.
inline constexpr Stay passing{1};

struct Thread {
    ThreadId id;
    std::string title;  ///< Empty until the first message names it.
    Timestamp created_at;
    Timestamp updated_at;  ///< Of its last message; lists are sorted by it.
    bool archived = false;
    bool running = false;  ///< A turn of it runs.
    Stay stay = for_good;
    std::optional<MessageId> head;  ///< The newest message of the branch being shown.
    ThreadSettings settings;
};

struct FileInfo {
    FileId id;
    std::string name;        ///< As the person called it; never a path.
    std::string media_type;
    std::uint64_t size = 0;  ///< Bytes; 0: unknown, as of what another program stored.
    /// Names the bytes where another program stored them in the place of our files; empty: they are
    /// stored under `id`.
    std::string foreign_key{};
};

struct Feedback {
    enum class Value { up, down } value = Value::up;
    std::string comment;
};

/// A message that somebody else remembers: the client itself, or another system's table.
struct Remembered {
    enum class Kind {
        user,
        assistant,
        instruction,  ///< Joins the instructions.
    } kind = Kind::user;
    std::string text;

    bool operator==(Remembered const&) const = default;
};

/// Part of a person's view of a failed answer; the JSON of a problem (RFC 9457).
using ProblemJson = std::string;

/// `Message::steps_json` without any.
inline constexpr std::string_view no_steps = "[]";

struct Message {
    MessageId id;
    std::optional<MessageId> parent;
    std::vector<MessageId> siblings;  ///< Same parent and role, oldest first, itself included.
    MessageRole role = MessageRole::user;
    std::string text;
    std::string reasoning;
    MessageState state = MessageState::complete;
    std::optional<GenerationId> generation;      ///< Assistant messages have exactly one.
    std::optional<std::string> finish;           ///< "stop", "length" or "filtered".
    std::optional<ProblemJson> error;
    std::optional<std::string> model;
    std::vector<FileInfo> files;
    std::string steps_json{no_steps};            ///< Data of `step` events, merged by id.
    std::string citations_json = "[]";
    std::optional<llm::Usage> usage;
    std::optional<Feedback> feedback;
    Timestamp created_at;
    /// Of an answer that was seen to end: unset while it runs, and when it was interrupted.
    std::optional<Timestamp> ended_at;
    std::int64_t depth = 0;  ///< Messages before it in its branch.
};

/// What a generation has come to. `running` with an expired lease means interrupted.
enum class GenerationState { running, done, stopped, interrupted, failed };

struct Generation {
    GenerationId id;
    ThreadId thread;
    MessageId reply;
    GenerationState state = GenerationState::running;
    std::uint64_t epoch = 0;         ///< Of the lease; a runner with an older one is fenced off.
    Timestamp lease_until;
    std::uint64_t last_event = 0;    ///< Highest number that is stored.
    std::uint64_t sendable = 0;      ///< Highest number that may have been sent.
    std::uint64_t text_bytes = 0;    ///< UTF-8 bytes of the stored text.
    bool stop_requested = false;
    std::optional<Timestamp> ended_at;
};

/// The right to write a generation's log.
struct Lease {
    GenerationId generation;
    std::uint64_t epoch = 0;
};

}  // namespace kaiwa::chat
