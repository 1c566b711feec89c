#pragma once

#include "api/compat/settings.hpp"
#include "base/json.hpp"
#include "chat/types.hpp"
#include "http/message.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kaiwa::api::compat {

inline constexpr std::size_t max_session_id_bytes = 256;
inline constexpr std::size_t max_remembered = 2000;      ///< Messages of `conversationHistory`.
inline constexpr std::size_t max_role_code_points = 100;
inline constexpr std::size_t max_role_name_code_points = 20;

/// Which members an answer has.
enum class Shape {
    output_text,  ///< `session_id`, `output_text`
    root,         ///< `response`, `output_text`, `session_id`: whoever posts `message` to `/`
    simplechat,   ///< `success`, `response`, `conversationHistory`
    gptgram,      ///< `message`
};

/// A stored role is read, kept or forgotten.
struct RoleAction {
    enum class Kind { put, get, remove } kind = Kind::get;
    std::string role;  ///< For `put`.
};

/// What one request of a dialect wants. Members that no dialect knows are left alone, as the systems
/// themselves left them.
struct Asked {
    Dialect dialect = Dialect::lambda_url;
    Shape shape = Shape::output_text;
    std::string text;
    std::optional<std::string> session_id;  ///< As the client calls it; never empty.
    enum class NamedBy { request, cookie } named_by = NamedBy::request;  ///< Where it came from.
    std::optional<std::vector<chat::Remembered>> remembered;
    std::optional<std::string> role;
    std::optional<std::string> message_id;       ///< Echoed; beside a session the idempotency key.
    std::optional<std::string> idempotency_key;  ///< Of the header, else `message_id`.
    std::optional<std::string> continuation;     ///< The rest of an answer is wanted.
    std::optional<RoleAction> role_action;
};

/// Whether a text can be a session's id: not empty, within its limit, UTF-8 without controls.
[[nodiscard]] bool is_session_id(std::string_view text);

/// Reads `GET /?input_text=…`. Fails with `invalid_argument`.
[[nodiscard]] Result<Asked> read_query(http::Request const& request);

/// The dialect of `POST /` with this body: who posts `input_text` speaks S1's, who posts `message`
/// S4's where it is enabled.
[[nodiscard]] Dialect dialect_of_root(json::value const* body, Settings const& settings);

/// Reads the body of a dialect. Fails with `invalid_argument`, naming the field.
[[nodiscard]] Result<Asked> read_body(Dialect dialect, json::value const& body);

/// Takes the `Idempotency-Key` header over into `asked`. Fails with `invalid_argument`.
[[nodiscard]] Result<void> read_idempotency_key(http::Request const& request, Asked& asked);

/// A place to ask again for an answer that was not whole in time.
struct Continuation {
    GenerationId generation;
    std::string session_id;
    /// Whether the conversation is deleted once its answer was given: of callers who prove nothing.
    enum class Keep { yes, once } keep = Keep::yes;
    std::string shown_id{};  ///< Of one that is deleted: what the client calls its session.

    static std::optional<Continuation> parse(std::string_view text);
    [[nodiscard]] std::string text() const;
};

}  // namespace kaiwa::api::compat
