#pragma once

#include "base/log.hpp"
#include "http/proxy.hpp"
#include "http/transport.hpp"

#include <boost/asio/ip/address.hpp>

#include <functional>
#include <memory>
#include <string>

namespace kaiwa::http {

/// Decides on the address actually connected, after resolution, whether a call may be made. What a
/// proxy resolves for us is the proxy's to judge; an address in the URL is still asked about.
class OutboundGate {
public:
    virtual ~OutboundGate() = default;
    /// `host` and `port` as in the URL; `address` as resolved.
    [[nodiscard]] virtual bool allows(std::string_view host, std::uint16_t port,
                                      asio::ip::address const& address) const = 0;
};

/// Lets calls go to public addresses, and to any address of hosts that the operator configured.
/// Refused otherwise: loopback, link-local, private, unique-local, multicast, unspecified,
/// carrier-grade NAT, benchmark and documentation ranges, and all of these mapped into IPv6.
/// Thread-safe.
class ConfiguredHostsGate final : public OutboundGate {
public:
    /// Replaces the set of `host:port` that the operator named.
    void set_hosts(std::vector<std::pair<std::string, std::uint16_t>> hosts);
    [[nodiscard]] bool allows(std::string_view host, std::uint16_t port,
                              asio::ip::address const& address) const override;

private:
    struct State;
    std::shared_ptr<State> state_ = make_state();
    static std::shared_ptr<State> make_state();
};

struct ClientOptions {
    std::size_t max_idle_per_origin = 64;  ///< Kept connections per loop and origin.
    std::chrono::seconds idle_time{30};    ///< A kept connection lives so long.
    std::string ca_file;                   ///< Extra trusted roots; empty: the system's.
    Proxies proxies{};                     ///< That calls go through.
    std::string user_agent = "kaiwa";
};

/// The `Transport` over Asio and OpenSSL (TLS 1.2 and up, host name verified), with kept
/// connections. A connection belongs to the loop that made it.
class Client final : public Transport {
public:
    Client(OutboundGate const& gate, ClientOptions options, Log& log);
    ~Client() override;
    asio::awaitable<Result<std::unique_ptr<InboundResponse>>> send(
        OutboundRequest request) override;
    /// Closes the kept connections of the calling loop; await it on each before the loops end.
    void close_idle();

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace kaiwa::http
