#pragma once

#include "http/transport.hpp"
#include "llm/catalogue.hpp"
#include "llm/chat_model.hpp"

#include <memory>

namespace kaiwa::providers {

/// Makes the `ChatModel` of somebody's own inference server, which answers one JSON object to one
/// JSON object, within 25 seconds.
///
/// - `base_url`: the form follows from its end: "/chat", "/generate", or neither: then "/chat"
///   below it is tried, and "/generate" where that does not exist.
/// - `options`: `form` (`chat`, `generate`, `prompt`) decides instead, for an address used as it
///   is; and the deadlines.
/// - `api_key`: sent as a bearer token.
///
/// `transport` outlives the model. Fails with `invalid_argument`, naming the field.
[[nodiscard]] Result<std::shared_ptr<llm::ChatModel>> make_custom(llm::ProviderConfig const& config,
                                                                  http::Transport& transport);

}  // namespace kaiwa::providers
