#pragma once

#include "aws/service_client.hpp"
#include "providers/bedrock/bedrock_model.hpp"

#include <memory>
#include <mutex>
#include <string>

namespace kaiwa::providers {

/// Both planes of Bedrock for one provider, with one way in. Thread-safe.
class BedrockPlanes {
public:
    /// Fails with `invalid_argument`, naming the field.
    static Result<std::unique_ptr<BedrockPlanes>> make(llm::ProviderConfig const& config,
                                                       BedrockServices const& services);

    struct Clients {
        Clients(BedrockServices const& services, aws::CredentialProvider& credentials,
                BedrockEndpoints const& endpoints);
        aws::ServiceClient runtime;
        aws::ServiceClient control;
    };
    /// Made once the region and the kind of endpoint are known, which may take a question to the
    /// machine and a look into its files.
    asio::awaitable<aws::Outcome<std::shared_ptr<Clients>>> clients();

    /// The API key, to be kept out of messages; empty when calls are signed.
    [[nodiscard]] Secret const& api_key() const { return api_key_; }

private:
    BedrockPlanes(llm::ProviderConfig config, BedrockServices services);
    asio::awaitable<aws::Outcome<BedrockEndpoints>> find_endpoints();
    Result<void> choose_key();

    llm::ProviderConfig const config_;
    BedrockServices const services_;
    std::shared_ptr<BedrockAccount> const account_;
    BedrockSurroundings const around_;
    Secret api_key_;
    std::unique_ptr<aws::CredentialProvider> key_holder_;
    std::mutex mutex_;
    std::shared_ptr<Clients> clients_;
};

}  // namespace kaiwa::providers
