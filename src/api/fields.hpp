#pragma once

#include "base/json.hpp"
#include "base/uuid.hpp"
#include "chat/turn_service.hpp"
#include "http/message.hpp"
#include "kaiwa/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace kaiwa::api {

inline constexpr std::size_t max_message_bytes = 256 * 1024;
inline constexpr std::size_t max_system_prompt_bytes = 32 * 1024;
inline constexpr std::size_t max_comment_bytes = 4 * 1024;
inline constexpr std::size_t max_title_code_points = 200;
inline constexpr std::size_t max_search_bytes = 200;
inline constexpr std::size_t max_cursor_bytes = 1024;
inline constexpr std::size_t max_model_id_bytes = 512;
/// Of a whole turn: its texts as JSON, where a byte can take six.
inline constexpr std::size_t max_turn_body_bytes = 2 * 1024 * 1024;
inline constexpr std::size_t max_small_body_bytes = 16 * 1024;

/// An id that refers to something: one that is malformed is not found, like any other that leads
/// nowhere.
template <class IdType>
[[nodiscard]] Result<IdType> reference(std::string_view text) {
    if (auto id = IdType::parse(text)) return *id;
    return fail(Errc::not_found, "a malformed id");
}

/// An id that the client makes. Refuses the field when it is malformed; then what is returned has
/// no meaning.
template <class IdType>
[[nodiscard]] IdType made_id(JsonFields& fields, std::string_view name) {
    auto const text = fields.string(name, {});
    auto id = IdType::parse(text);
    if (!id) fields.refuse(name, "a lower-case UUID, made by the client");
    return id.value_or(IdType{});
}

struct Paging {
    std::size_t limit = 50;
    std::string cursor;
};
/// `?limit=` and the cursor that `cursor_name` names. Fails with `invalid_argument`.
[[nodiscard]] Result<Paging> read_paging(http::Request const& request,
                                         std::string_view cursor_name = "after",
                                         std::size_t max_cursor = max_cursor_bytes);

/// A query parameter of at most `max_bytes` well-formed UTF-8 without U+0000; empty when absent.
[[nodiscard]] Result<std::string> read_parameter(http::Request const& request,
                                                 std::string_view name, std::size_t max_bytes);

/// A whole number from 0 to `max` in a query parameter or header.
[[nodiscard]] Result<std::uint64_t> read_number(std::string_view text, std::string_view what,
                                                std::uint64_t max);

/// `temperature`, `top_p`, `max_tokens` and `system_prompt`.
void read_parameters(JsonFields& fields, chat::SettingsChange& change);

/// A thread's title.
[[nodiscard]] std::optional<std::string> read_title(JsonFields& fields, std::string_view name);

/// What a person changes of a thread's settings: null takes one away.
[[nodiscard]] Result<chat::SettingsPatch> read_settings(json::value const& value);

/// Whether well-formed `text` says nothing: it is empty or white space of any script (what
/// ECMAScript's `trim()` takes off).
[[nodiscard]] bool is_blank(std::string_view text);

}  // namespace kaiwa::api
