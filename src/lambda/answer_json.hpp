#pragma once

#include "http/message.hpp"
#include "lambda/event.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace kaiwa::lambda {

/// Bytes that the whole answer of one invocation may have: 6 MB (AWS Lambda quotas), and 1 MB
/// behind a load balancer (Elastic Load Balancing, "Lambda functions as targets").
[[nodiscard]] std::size_t max_answer_bytes(Shape shape);

/// The answer to a request as the JSON that `shape` asks for; a body that is no text, or is
/// compressed, goes as base64.
[[nodiscard]] std::string answer_json(Shape shape, http::ResponseHead const& head,
                                      std::string_view body);

/// The JSON in front of a streamed answer: status, fields, cookies.
[[nodiscard]] std::string stream_prelude(http::ResponseHead const& head);

}  // namespace kaiwa::lambda
