#include "llm/provider_config.hpp"

#include "llm/patterns.hpp"

#include <algorithm>
#include <set>

namespace kaiwa::llm {

bool same_config(ProviderConfig const& a, ProviderConfig const& b) {
    return a.name == b.name && a.kind == b.kind && a.base_url == b.base_url &&
           a.api_key.reveal() == b.api_key.reveal() && a.models == b.models &&
           a.options == b.options && a.origin == b.origin && a.is_key_lost == b.is_key_lost;
}

std::string key_reference(ProviderConfig const& config) {
    auto const found = config.options.find(std::string(key_from_option));
    return found == config.options.end() ? std::string() : found->second;
}

bool is_provider_name(std::string_view name) {
    auto const plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !name.empty() && name.size() <= 32 && plain(name.front()) &&
           std::ranges::all_of(name, [&](char c) { return plain(c) || c == '-'; });
}

std::vector<ModelInfo> offered(ProviderConfig const& config, std::vector<ModelInfo> const& listed) {
    std::vector<ModelInfo> models;
    std::set<std::string_view> seen;
    for (auto const& model : listed) {
        if (model.id.empty() || !matches_any(config.models, model.id)) continue;
        if (seen.insert(model.id).second) models.push_back(model);
    }
    for (auto const& name : config.models) {
        if (has_wildcard(name) || !seen.insert(name).second) continue;
        ModelInfo named;
        named.id = named.name = name;
        models.push_back(std::move(named));
    }
    return models;
}

Outcome<std::vector<ModelInfo>> forgive_missing_list(ProviderConfig const& config,
                                                     Outcome<std::vector<ModelInfo>> listed) {
    auto const named = [](std::string const& model) { return !has_wildcard(model); };
    if (listed || listed.error().kind != FailureClass::not_found) return listed;
    if (std::ranges::none_of(config.models, named)) return listed;
    return std::vector<ModelInfo>();
}

}  // namespace kaiwa::llm
