#include "server/wire_models.hpp"

#include "base/wait.hpp"
#include "llm/retry.hpp"
#include "server/wire_providers.hpp"


#include <algorithm>

namespace kaiwa::server {
namespace {

using providers::FoundServer;

constexpr std::chrono::seconds stored_interval{4};
constexpr unsigned found_every = 15;  // of those intervals

bool has_named(std::vector<llm::ProviderConfig> const& providers, std::string_view name) {
    return std::ranges::find(providers, name, &llm::ProviderConfig::name) != providers.end();
}

bool has_url(std::vector<llm::ProviderConfig> const& providers, std::string_view url) {
    return std::ranges::find(providers, url, &llm::ProviderConfig::base_url) != providers.end();
}

bool same(llm::ProviderConfig const& a, llm::ProviderConfig const& b) {
    return a.name == b.name && a.kind == b.kind && a.base_url == b.base_url &&
           a.api_key.reveal() == b.api_key.reveal() && a.models == b.models && a.options == b.options;
}

std::vector<ProviderGate::HostAndPort> hosts_of(std::vector<llm::ProviderConfig> const& providers) {
    std::vector<ProviderGate::HostAndPort> hosts;
    for (auto const& provider : providers)
        if (auto host = host_and_port(provider.base_url)) hosts.push_back(std::move(*host));
    return hosts;
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

/// Answers while nothing else does, so that a first start works.
llm::ProviderConfig builtin_provider() {
    llm::ProviderConfig config;
    config.name = "builtin";
    config.kind = "builtin";
    return config;
}

}  // namespace

Models::Models(llm::ProviderStore& store, asio::ip::tcp::endpoint own_address, Clock const& clock,
               Random& random, Log& log)
    : store_(store),
      random_(random),
      log_(log),
      client_(gate_, http::ClientOptions{}, log),
      places_(providers::local_places({}, own_address.port())),
      catalogue_([this](llm::ProviderConfig const& config) { return make(config); }, clock, log) {}

Result<std::shared_ptr<llm::ChatModel>> Models::make(llm::ProviderConfig const& config) {
    if (config.origin != llm::ProviderOrigin::configuration)
        if (auto host = host_and_port(config.base_url)) gate_.add_tried(std::move(*host));
    auto model = make_provider(config, client_);
    if (!model) return model;
    return std::make_shared<llm::RetryingModel>(std::move(*model), llm::RetryPolicy{}, random_);
}

Result<void> Models::configure(Settings const& settings) {
    {
        std::scoped_lock const lock(mutex_);
        configured_ = settings.providers;
        default_model_ = settings.default_model;
    }
    return apply();
}

Result<void> Models::apply() {
    std::vector<llm::ProviderConfig> all;
    {
        std::scoped_lock const lock(mutex_);
        all = configured_;
        for (auto const& provider : stored_)
            if (!has_named(all, provider.name)) all.push_back(provider);
        for (auto const& server : found_)
            if (auto found = provider_of(server); !has_named(all, found.name) && !has_url(all, found.base_url))
                all.push_back(std::move(found));
        if (configured_.empty() && !has_named(all, builtin_provider().name))
            all.push_back(builtin_provider());

        auto hosts = hosts_of(configured_);
        for (auto const& place : places_)
            if (auto host = host_and_port(place)) hosts.push_back(std::move(*host));
        gate_.set_configured(std::move(hosts));
        gate_.set_entered(hosts_of(stored_));
    }
    return catalogue_.set_providers(std::move(all));
}

asio::awaitable<Result<void>> Models::reload() {
    auto stored = co_await store_.providers();
    if (!stored) co_return std::unexpected(stored.error());
    for (auto& provider : *stored) provider.origin = llm::ProviderOrigin::store;
    {
        std::scoped_lock const lock(mutex_);
        if (std::ranges::equal(stored_, *stored, same)) co_return Result<void>{};
        stored_ = std::move(*stored);
    }
    co_return apply();
}

asio::awaitable<void> Models::keep_fresh() {
    for (unsigned round = 0; !co_await stop_requested(); ++round) {
        if (auto reloaded = co_await reload(); !reloaded)
            log_.warning("providers_not_read", {{"reason", reloaded.error().message}});
        if (round % found_every == 0) {
            auto found = co_await providers::find_local_servers(client_, places_, log_);
            bool changed = false;
            {
                std::scoped_lock const lock(mutex_);
                changed = !std::ranges::equal(found_, found, {}, &FoundServer::base_url, &FoundServer::base_url);
                found_ = std::move(found);
            }
            if (changed) {
                if (auto applied = apply(); !applied)
                    log_.warning("found_server_not_used", {{"reason", applied.error().message}});
            }
        }
        co_await sleep_for(stored_interval);
    }
}

asio::awaitable<std::vector<providers::FoundServer>> Models::find_servers() {
    auto found = co_await providers::find_local_servers(client_, places_, log_);
    std::scoped_lock const lock(mutex_);
    std::erase_if(found, [&](FoundServer const& server) {
        return has_url(configured_, server.base_url) || has_url(stored_, server.base_url);
    });
    co_return found;
}

std::string Models::default_model() const {
    {
        std::scoped_lock const lock(mutex_);
        if (!default_model_.empty()) return default_model_;
    }
    auto const models = catalogue_.known_models();
    auto const is_real = [](llm::CatalogueModel const& model) { return model.provider != "builtin"; };
    auto const is_ready = [&](llm::CatalogueModel const& model) {
        return is_real(model) && model.state == llm::ModelState::ready;
    };
    for (auto const& choice : {std::ranges::find_if(models, is_ready), std::ranges::find_if(models, is_real)})
        if (choice != models.end()) return choice->id;
    return models.empty() ? std::string() : models.front().id;
}

}  // namespace kaiwa::server
