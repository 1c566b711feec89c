#pragma once

#include "llm/catalogue.hpp"

#include <string_view>
#include <vector>

/// What the configuration of a provider says, by itself and of what the provider lists.
namespace kaiwa::llm {

[[nodiscard]] bool same_config(ProviderConfig const& a, ProviderConfig const& b);

/// As `ProviderConfig::name` has to be.
[[nodiscard]] bool is_provider_name(std::string_view name);

/// What a provider offers: the listed models that its patterns allow, then those named outright
/// that it did not list.
[[nodiscard]] std::vector<ModelInfo> offered(ProviderConfig const& config,
                                             std::vector<ModelInfo> const& listed);

/// A server without a list of models is as good as one that lists none, when models are named.
[[nodiscard]] Outcome<std::vector<ModelInfo>> forgive_missing_list(
    ProviderConfig const& config, Outcome<std::vector<ModelInfo>> listed);

}  // namespace kaiwa::llm
