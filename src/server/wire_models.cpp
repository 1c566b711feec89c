#include "server/wire_models.hpp"

#include "base/wait.hpp"
#include "llm/provider_config.hpp"
#include "llm/retry.hpp"
#include "server/late_key_model.hpp"
#include "server/outbound.hpp"
#include "server/provider_list.hpp"
#include "server/wire_providers.hpp"

#include <algorithm>

namespace kaiwa::server {
namespace {

using providers::FoundServer;

constexpr std::chrono::seconds stored_interval{4};
constexpr std::chrono::milliseconds discovery_patience{2000};
constexpr unsigned found_every = 15;  // of those intervals

bool same(llm::ProviderConfig const& a, llm::ProviderConfig const& b) {
    return a.name == b.name && a.kind == b.kind && a.base_url == b.base_url &&
           a.api_key.reveal() == b.api_key.reveal() && a.models == b.models &&
           a.options == b.options && a.is_key_lost == b.is_key_lost;
}

std::vector<ProviderGate::HostAndPort> hosts_of(std::vector<llm::ProviderConfig> const& providers) {
    std::vector<ProviderGate::HostAndPort> hosts;
    for (auto const& provider : providers)
        if (auto host = host_and_port(provider.base_url)) hosts.push_back(std::move(*host));
    return hosts;
}

/// Stands for a provider that cannot be made or called, so that the others still work.
class UnusableModel final : public llm::ChatModel {
public:
    explicit UnusableModel(llm::Failure why) : why_(std::move(why)) {}
    asio::awaitable<llm::Outcome<std::unique_ptr<llm::CompletionStream>>> start(
        llm::CompletionRequest) override {
        co_return std::unexpected(why_);
    }
    asio::awaitable<llm::Outcome<std::vector<llm::ModelInfo>>> list() override {
        co_return std::unexpected(why_);
    }

private:
    llm::Failure const why_;
};

llm::Failure lost_key() {
    auto failure = llm::make_failure(
        llm::FailureClass::auth,
        "its stored key cannot be opened; an administrator has to enter the key again",
        "lost_key");
    failure.for_operator =
        "its stored key was sealed with another secret.key or KAIWA_SECRET: bring that back, or "
        "enter the key again";
    return failure;
}

}  // namespace

Models::Models(llm::ProviderStore& store, Settings const& settings, AwsGround& aws,
               Clock const& clock, Random& random, Log& log)
    : store_(store),
      random_(random),
      log_(log),
      client_(gate_, outbound_options(settings), log),
      bedrock_(bedrock_services(client_, gate_, aws, clock, random)),
      secrets_(
          [&aws](aws::SecretReference reference) {
              return aws::fetch_secret(aws.session(), std::move(reference));
          },
          clock, log),
      places_(settings.find_local_models ? providers::local_places({}, settings.listen.port())
                                         : std::vector<std::string>()),
      catalogue_([this](llm::ProviderConfig const& config) { return make(config); }, clock, log) {}

Result<std::shared_ptr<llm::ChatModel>> Models::make(llm::ProviderConfig const& config) {
    if (config.origin != llm::ProviderOrigin::configuration)
        if (auto host = host_and_port(config.base_url)) gate_.add_tried(std::move(*host));
    if (config.is_key_lost) return std::make_shared<UnusableModel>(lost_key());
    // Whoever enters a provider in the page must not have us read AWS's secrets.
    auto const is_ours = config.origin == llm::ProviderOrigin::configuration;
    if (auto reference = llm::key_reference(config); is_ours && !reference.empty()) {
        auto with_key = [this](llm::ProviderConfig const& whole) {
            return make_provider(whole, bedrock_);
        };
        auto late = std::make_shared<LateKeyModel>(config, std::move(reference), secrets_,
                                                   std::move(with_key));
        return std::make_shared<llm::RetryingModel>(std::move(late), llm::RetryPolicy{}, random_);
    }
    auto model = make_provider(config, bedrock_);
    if (!model && config.origin == llm::ProviderOrigin::configuration) return model;
    if (!model)
        return std::make_shared<UnusableModel>(
            llm::make_failure(llm::FailureClass::invalid, model.error().message));
    return std::make_shared<llm::RetryingModel>(std::move(*model), llm::RetryPolicy{}, random_);
}

Models::Lists Models::lists() const {
    std::scoped_lock const lock(mutex_);
    return lists_;
}

void Models::open_gate(Lists const& lists) {
    auto hosts = hosts_of(lists.configured);
    for (auto const& place : places_)
        if (auto host = host_and_port(place)) hosts.push_back(std::move(*host));
    gate_.set_configured(std::move(hosts));
    gate_.set_entered(hosts_of(lists.stored));
}

Result<void> Models::take(Lists lists) {
    // Before the catalogue: it may ask a new provider at once.
    open_gate(lists);
    auto set =
        catalogue_.set_providers(join_providers(lists.configured, lists.stored, lists.found));
    std::scoped_lock const lock(mutex_);
    if (set) {
        lists_ = std::move(lists);
    } else {
        open_gate(lists_);
    }
    return set;
}

Result<void> Models::configure(Settings const& settings) {
    secrets_.refresh();
    std::scoped_lock const change(changing_);
    auto wanted = lists();
    wanted.configured = settings.providers;
    if (auto taken = take(std::move(wanted)); !taken) return taken;
    std::scoped_lock const lock(mutex_);
    if (default_model_ != settings.default_model) told_missing_.clear();
    default_model_ = settings.default_model;
    return {};
}

bool Models::is_newest(std::uint64_t read) {
    if (read < newest_read_) return false;
    newest_read_ = read;
    return true;
}

asio::awaitable<Result<void>> Models::reload() {
    auto const read = ++reads_;
    auto stored = co_await store_.providers();
    if (!stored) co_return std::unexpected(stored.error());
    for (auto& provider : *stored) provider.origin = llm::ProviderOrigin::store;

    std::scoped_lock const change(changing_);
    // A slow read may end behind one that began after it and knows more.
    if (!is_newest(read)) co_return Result<void>{};
    auto wanted = lists();
    if (std::ranges::equal(wanted.stored, *stored, same)) {
        stored_known_ = true;
        co_return Result<void>{};
    }
    Result<void> usable;
    for (auto const& provider : *stored) {
        auto const is_it = [&](llm::ProviderConfig const& known) { return same(known, provider); };
        if (std::ranges::any_of(wanted.stored, is_it)) continue;
        if (auto made = make_provider(provider, bedrock_); !made)
            usable = std::unexpected(made.error());
    }
    wanted.stored = std::move(*stored);
    if (auto taken = take(std::move(wanted)); !taken) co_return taken;
    stored_known_ = true;
    co_return usable;
}

Result<void> Models::take_found(std::vector<FoundServer> found) {
    std::scoped_lock const change(changing_);
    auto wanted = lists();
    bool const same_places =
        std::ranges::equal(wanted.found, found, {}, &FoundServer::base_url, &FoundServer::base_url);
    if (same_places) return {};
    wanted.found = std::move(found);
    return take(std::move(wanted));
}

asio::awaitable<bool> Models::knows(std::string model) {
    if (catalogue_.find(model)) co_return true;
    // Somebody may have entered its provider a moment ago, at another replica.
    auto const reloaded = co_await reload();
    co_return !reloaded || searching_ || catalogue_.find(model);
}

asio::awaitable<void> Models::keep_fresh() {
    searching_ = true;
    for (unsigned round = 0; !co_await stop_requested(); ++round) {
        if (auto reloaded = co_await reload(); !reloaded)
            log_.warning("providers_not_read", {{"reason", reloaded.error().message}});
        if (round % found_every == 0) {
            auto found = co_await providers::find_local_servers(client_, places_, log_);
            if (auto taken = take_found(std::move(found)); !taken)
                log_.warning("found_server_not_used", {{"reason", taken.error().message}});
            searching_ = false;
        }
        look_for_default();
        co_await sleep_for(stored_interval);
    }
}

asio::awaitable<void> Models::catch_up() {
    bool needs_default = false;
    {
        auto const now = std::chrono::steady_clock::now();
        std::scoped_lock const lock(mutex_);
        if (caught_up_ != SteadyTime{} && now - caught_up_ < stored_interval) co_return;
        caught_up_ = now;
        needs_default = default_model_.empty();
    }
    if (auto reloaded = co_await reload(); !reloaded)
        log_.warning("providers_not_read", {{"reason", reloaded.error().message}});
    if (needs_default) co_await catalogue_.models(discovery_patience);
}

asio::awaitable<std::vector<providers::FoundServer>> Models::find_servers() {
    auto found = co_await providers::find_local_servers(client_, places_, log_);
    auto const known = lists();
    std::erase_if(found, [&](FoundServer const& server) {
        auto const is_named = [&](llm::ProviderConfig const& provider) {
            return provider.base_url == server.base_url;
        };
        return std::ranges::any_of(known.configured, is_named) ||
               std::ranges::any_of(known.stored, is_named);
    });
    co_return found;
}

bool Models::lacks(std::string const& model) const {
    return stored_known_ && !searching_ && !catalogue_.find(model);
}

void Models::look_for_default() {
    std::string model;
    {
        std::scoped_lock const lock(mutex_);
        model = default_model_;
    }
    if (model.empty()) return;
    auto const state_of = [&](std::string_view name) {
        for (auto const& status : catalogue_.providers())
            if (status.config.name == name) return status.state;
        return llm::ProviderStatus::State::unknown;
    };
    std::string reason;
    if (lacks(model)) {
        reason = "no provider here has it: the first model that is ready is taken in its place";
    } else if (state_of(model.substr(0, model.find('/'))) == llm::ProviderStatus::State::ready) {
        auto const listed = catalogue_.known_models();
        if (std::ranges::find(listed, model, &llm::CatalogueModel::id) == listed.end())
            reason = "its provider does not list it: questions fail unless it can be called anyway";
    }
    {
        std::scoped_lock const lock(mutex_);
        if (reason == std::exchange(told_missing_, reason)) return;
    }
    if (!reason.empty())
        log_.warning("default_model_not_there", {{"model", model}, {"reason", reason}});
}

std::string Models::default_model() const {
    std::string configured;
    {
        std::scoped_lock const lock(mutex_);
        configured = default_model_;
    }
    if (!configured.empty() && !lacks(configured)) return configured;
    auto const models = catalogue_.known_models();
    auto const is_real = [](llm::CatalogueModel const& model) {
        return model.provider != builtin_provider;
    };
    auto const is_ready = [&](llm::CatalogueModel const& model) {
        return is_real(model) && model.state == llm::ModelState::ready;
    };
    for (auto const& choice :
         {std::ranges::find_if(models, is_ready), std::ranges::find_if(models, is_real)})
        if (choice != models.end()) return choice->id;
    return models.empty() ? configured : models.front().id;
}

}  // namespace kaiwa::server
