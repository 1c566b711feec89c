#pragma once

#include "llm/catalogue.hpp"
#include "providers/openai/local_servers.hpp"

#include <string_view>
#include <vector>

namespace kaiwa::server {

/// The name of the provider that answers while nobody named another.
inline constexpr std::string_view builtin_provider = "builtin";

/// All providers, by precedence: what the configuration names, what the page added under another
/// name, what was found on this machine and is neither by name nor by address among them. Without
/// any in the configuration the built-in one is last, so that a first start answers.
[[nodiscard]] std::vector<llm::ProviderConfig> join_providers(
    std::vector<llm::ProviderConfig> const& configured,
    std::vector<llm::ProviderConfig> const& stored,
    std::vector<providers::FoundServer> const& found);

}  // namespace kaiwa::server
