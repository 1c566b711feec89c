#pragma once

#include "base/json.hpp"
#include "chat/turn_service.hpp"

namespace kaiwa::api {

/// Reads the body of `POST …/turns`, with at most `max_files` files. Fails with `invalid_argument`,
/// or `not_found` for a reference that leads nowhere.
[[nodiscard]] Result<chat::Question> read_question(json::value const& body, std::size_t max_files);

/// Reads the body of `…/regenerate` and `…/continue`.
[[nodiscard]] Result<chat::ReplyRequest> read_reply(json::value const& body, MessageId message,
                                                    chat::ReplyRequest::Kind kind);

}  // namespace kaiwa::api
