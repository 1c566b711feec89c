#pragma once

#include "http/message.hpp"

#include <string>
#include <string_view>

namespace kaiwa::api {

/// The head of an API answer: never cached, never sniffed, never a document that could do anything.
/// `content_type` may be empty.
[[nodiscard]] http::ResponseHead api_head(unsigned status, std::string_view content_type);

asio::awaitable<Result<void>> answer_json(http::ResponseWriter& writer, unsigned status,
                                          std::string json);
asio::awaitable<Result<void>> answer_empty(http::ResponseWriter& writer, unsigned status = 204);

}  // namespace kaiwa::api
