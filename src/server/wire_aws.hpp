#pragma once

#include "aws/session.hpp"
#include "base/workers.hpp"
#include "http/client.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace kaiwa::server {

/// Lets calls go to where only machinery answers: this machine and the link-local addresses, where
/// the metadata service and a container's credentials are.
class MachineGate final : public http::OutboundGate {
public:
    [[nodiscard]] bool allows(std::string_view host, std::uint16_t port,
                              asio::ip::address const& address) const override;
};

/// Lets calls go to public addresses, and to any address of hosts that we came to expect: what the
/// configuration names, and services that turn out to have a private address. Thread-safe.
class ServiceGate final : public http::OutboundGate {
public:
    void expect(std::string_view url);
    [[nodiscard]] bool allows(std::string_view host, std::uint16_t port,
                              asio::ip::address const& address) const override;

private:
    std::mutex mutex_;
    std::vector<std::pair<std::string, std::uint16_t>> hosts_;
    http::ConfiguredHostsGate gate_;
};

/// What the stores stand on in AWS: connections of their own, and who we are.
class AwsGround {
public:
    enum class Connections { kept, closed };
    AwsGround(std::string profile, std::string region, Connections connections, Clock const& clock,
              Random& random, Log& log);

    [[nodiscard]] aws::Session& session() { return session_; }
    /// Closes the kept connections of the calling loop.
    void close_idle();

private:
    MachineGate machine_gate_;
    ServiceGate gate_;
    http::Client client_;
    http::Client machine_client_;
    Workers files_;
    aws::Session session_;
};

}  // namespace kaiwa::server
