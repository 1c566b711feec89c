#pragma once

#include "llm/catalogue.hpp"

#include <string>
#include <string_view>
#include <vector>

/// What the configuration of a provider says, by itself and of what the provider lists.
namespace kaiwa::llm {

[[nodiscard]] bool same_config(ProviderConfig const& a, ProviderConfig const& b);

/// The option of a provider that says where its key is kept, when it is fetched with the first call.
/// Only the configuration sets it.
inline constexpr std::string_view key_from_option = "api_key_from";

/// Where the provider's key is kept, as `secret:aws-…`; empty: nowhere else.
[[nodiscard]] std::string key_reference(ProviderConfig const& config);

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
