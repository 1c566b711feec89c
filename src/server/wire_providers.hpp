#pragma once

#include "llm/catalogue.hpp"
#include "providers/bedrock/bedrock_model.hpp"

#include <memory>

namespace kaiwa::server {

/// Makes the adapter that speaks with a provider of this kind; `services` outlive it.
/// Fails with `invalid_argument` for a kind that is not known, or an address it cannot have.
Result<std::shared_ptr<llm::ChatModel>> make_provider(llm::ProviderConfig const& config,
                                                      providers::BedrockServices const& services);

}  // namespace kaiwa::server
