#include "providers/bedrock/plane.hpp"

#include "providers/bedrock/options.hpp"
#include "providers/common/base_url.hpp"

#include <utility>

namespace kaiwa::providers {
namespace {

/// Stands for a region that only the machine can tell, while the rest is checked.
constexpr char const* any_region = "us-east-1";

}  // namespace

BedrockPlanes::Clients::Clients(BedrockServices const& services,
                                aws::CredentialProvider& credentials,
                                BedrockEndpoints const& endpoints)
    : runtime(services.transport, credentials, services.clock, services.random,
              {"bedrock", endpoints.region, endpoints.runtime}),
      control(services.transport, credentials, services.clock, services.random,
              {"bedrock", endpoints.region, endpoints.control}) {}

BedrockPlanes::BedrockPlanes(llm::ProviderConfig config, BedrockServices services)
    : config_(std::move(config)),
      services_(std::move(services)),
      account_(services_.account(option_of(config_, "profile"))),
      around_(read_surroundings(
          [this](std::string_view name) { return account_->variable(name); })) {}

Result<std::unique_ptr<BedrockPlanes>> BedrockPlanes::make(llm::ProviderConfig const& config,
                                                           BedrockServices const& services) {
    std::unique_ptr<BedrockPlanes> planes(new BedrockPlanes(config, services));
    auto around = planes->around_;
    if (option_of(config, "region").empty() && around.region.empty()) around.region = any_region;
    if (auto endpoints = bedrock_endpoints(config, around); !endpoints)
        return std::unexpected(endpoints.error());
    if (auto chosen = planes->choose_key(); !chosen) return std::unexpected(chosen.error());
    return planes;
}

Result<void> BedrockPlanes::choose_key() {
    auto around = around_;
    if (around.region.empty()) around.region = any_region;
    auto const endpoints = bedrock_endpoints(config_, around);
    auto const profile = option_of(config_, "profile");
    // The machine's own key is not for a server that somebody entered in the page, and a profile
    // that was asked for by name is what signs.
    bool const may_show_key = (endpoints && endpoints->is_aws_own) ||
                              config_.origin == llm::ProviderOrigin::configuration;
    api_key_ = config_.api_key;
    if (api_key_.empty() && may_show_key && profile.empty()) api_key_ = around_.api_key;
    if (auto ok = check_header_value("api_key", api_key_.reveal()); !ok) return ok;
    if (!api_key_.empty()) {
        aws::Credentials shown;
        shown.bearer_token = api_key_;
        shown.source = "a Bedrock API key";
        key_holder_ = std::make_unique<aws::StaticCredentials>(std::move(shown));
    }
    return {};
}

asio::awaitable<aws::Outcome<BedrockEndpoints>> BedrockPlanes::find_endpoints() {
    auto const refused = [](Error const& error) {
        return aws::fail(aws::Failure::Kind::credentials, error.message);
    };
    auto around = around_;
    if (option_of(config_, "region").empty() && around.region.empty()) {
        auto region = co_await account_->region();
        if (!region) co_return std::unexpected(std::move(region.error()));
        around.region = std::move(*region);
    }
    auto endpoints = bedrock_endpoints(config_, around);
    if (!endpoints) co_return refused(endpoints.error());
    if (!endpoints->follow_kind) co_return std::move(*endpoints);
    auto const kind = co_await account_->endpoint_kind();
    if (!kind) co_return std::unexpected(kind.error());
    around.kind = *kind;
    endpoints = bedrock_endpoints(config_, around);
    if (!endpoints) co_return refused(endpoints.error());
    co_return std::move(*endpoints);
}

asio::awaitable<aws::Outcome<std::shared_ptr<BedrockPlanes::Clients>>> BedrockPlanes::clients() {
    {
        std::lock_guard const lock(mutex_);
        if (clients_) co_return clients_;
    }
    auto const endpoints = co_await find_endpoints();
    if (!endpoints) co_return std::unexpected(endpoints.error());
    if (endpoints->is_aws_own || config_.origin == llm::ProviderOrigin::configuration) {
        services_.expect(endpoints->runtime);
        services_.expect(endpoints->control);
    }
    auto& credentials = key_holder_ ? *key_holder_ : account_->credentials();
    std::lock_guard const lock(mutex_);
    if (!clients_) clients_ = std::make_shared<Clients>(services_, credentials, *endpoints);
    co_return clients_;
}

}  // namespace kaiwa::providers
