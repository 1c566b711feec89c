#pragma once

#include "http/transport.hpp"
#include "llm/catalogue.hpp"
#include "llm/chat_model.hpp"

#include <memory>

namespace kaiwa::providers {

/// Makes the `ChatModel` of a server that speaks Anthropic's Messages.
///
/// `base_url`: empty for Anthropic's own; "/v1" is added where it is missing. `options`: the
/// deadlines. `transport` outlives the model. Fails with `invalid_argument`, naming the field.
[[nodiscard]] Result<std::shared_ptr<llm::ChatModel>> make_anthropic(
    llm::ProviderConfig const& config, http::Transport& transport);

}  // namespace kaiwa::providers
