#include "server/provider_list.hpp"

#include <algorithm>

namespace kaiwa::server {
namespace {

using providers::FoundServer;

bool has_named(std::vector<llm::ProviderConfig> const& providers, std::string_view name) {
    return std::ranges::find(providers, name, &llm::ProviderConfig::name) != providers.end();
}

bool has_url(std::vector<llm::ProviderConfig> const& providers, std::string_view url) {
    return std::ranges::find(providers, url, &llm::ProviderConfig::base_url) != providers.end();
}

/// "llama.cpp" is called "llama-cpp", "LM Studio" is called "lm-studio".
std::string provider_name(std::string_view label) {
    std::string name;
    for (char const c : label) {
        if (c >= 'A' && c <= 'Z')
            name += static_cast<char>(c - 'A' + 'a');
        else
            name += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
    }
    return name;
}

llm::ProviderConfig provider_of(providers::FoundServer const& server) {
    llm::ProviderConfig config;
    config.name = provider_name(server.label);
    config.kind = "openai";
    config.base_url = server.base_url;
    config.origin = llm::ProviderOrigin::found;
    return config;
}

}  // namespace

std::vector<llm::ProviderConfig> join_providers(std::vector<llm::ProviderConfig> const& configured,
                                                std::vector<llm::ProviderConfig> const& stored,
                                                std::vector<FoundServer> const& found) {
    auto all = configured;
    for (auto const& provider : stored)
        if (!has_named(all, provider.name)) all.push_back(provider);
    for (auto const& server : found) {
        auto provider = provider_of(server);
        if (!has_named(all, provider.name) && !has_url(all, provider.base_url))
            all.push_back(std::move(provider));
    }
    if (configured.empty() && !has_named(all, builtin_provider)) {
        llm::ProviderConfig builtin;
        builtin.name = builtin.kind = builtin_provider;
        all.push_back(std::move(builtin));
    }
    return all;
}

}  // namespace kaiwa::server
