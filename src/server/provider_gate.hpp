#pragma once

#include "http/client.hpp"

#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kaiwa::server {

/// Decides which addresses calls to models may go to. Thread-safe.
///
/// What the configuration names may be anywhere. What an administrator entered in the page may also
/// be in the local network or on this machine, but not where only machinery of the cloud answers
/// (link-local addresses, and the metadata service's IPv6 address). Everything else is public.
class ProviderGate final : public http::OutboundGate {
public:
    using HostAndPort = std::pair<std::string, std::uint16_t>;

    void set_configured(std::vector<HostAndPort> hosts) { configured_.set_hosts(std::move(hosts)); }
    /// Replaces what administrators entered.
    void set_entered(std::vector<HostAndPort> hosts);
    /// Lets calls go to a host that a region or the machine's AWS settings name, which may have an
    /// address in the private network (a VPC endpoint). There are as many as regions.
    void add_expected(HostAndPort host);
    /// Lets a connection test go to a host that is not entered yet. At most 64 are remembered.
    void add_tried(HostAndPort host);

    [[nodiscard]] bool allows(std::string_view host, std::uint16_t port,
                              asio::ip::address const& address) const override;

private:
    static constexpr std::size_t max_tried = 64;
    http::ConfiguredHostsGate configured_;
    mutable std::mutex mutex_;
    std::set<HostAndPort> entered_;
    std::set<HostAndPort> expected_;
    std::set<HostAndPort> tried_;
};

/// Host and port of an http or https URL; nothing when it is neither.
[[nodiscard]] std::optional<ProviderGate::HostAndPort> host_and_port(std::string_view url);

}  // namespace kaiwa::server
