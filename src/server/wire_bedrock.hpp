#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/workers.hpp"
#include "http/client.hpp"
#include "providers/bedrock/bedrock_model.hpp"
#include "server/provider_gate.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace kaiwa::server {

/// Lets calls go to where a container, a cluster or an instance hands out its own credentials:
/// link-local addresses, the metadata service's IPv6 range and this machine.
class MachineryGate final : public http::OutboundGate {
public:
    [[nodiscard]] bool allows(std::string_view host, std::uint16_t port,
                              asio::ip::address const& address) const override;
};

/// What Bedrock's adapters work with: the transport and the accounts of this machine, one a
/// profile. Thread-safe.
class BedrockWiring {
public:
    using Variables = std::map<std::string, std::string, std::less<>>;

    BedrockWiring(http::Transport& transport, ProviderGate& gate, Clock const& clock,
                  Random& random, Log& log);
    ~BedrockWiring();

    /// The variables that AWS's own tools read; at the start and on reload.
    void set_variables(Variables variables);

    [[nodiscard]] providers::BedrockServices const& services() const { return services_; }

private:
    class Account;
    std::shared_ptr<providers::BedrockAccount> account(std::string const& profile);
    std::optional<std::string> variable(std::string_view name) const;
    void expect(std::string_view url);

    ProviderGate& gate_;
    Log& log_;
    MachineryGate machinery_gate_;
    http::Client machinery_client_;
    providers::BedrockServices services_;
    mutable std::mutex mutex_;
    Variables variables_;
    std::optional<Workers> files_;  // made with the first account
    std::map<std::string, std::shared_ptr<Account>> accounts_;
};

}  // namespace kaiwa::server
