#pragma once

#include "http/transport.hpp"
#include "llm/catalogue.hpp"

#include <memory>

namespace kaiwa::server {

/// Makes the adapter that speaks with a provider of this kind.
/// Fails with `invalid_argument` for a kind that is not known, or an address it cannot have.
Result<std::shared_ptr<llm::ChatModel>> make_provider(llm::ProviderConfig const& config,
                                                      http::Transport& transport);

}  // namespace kaiwa::server
