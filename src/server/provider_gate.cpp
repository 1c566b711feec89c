#include "server/provider_gate.hpp"

#include <boost/url/parse.hpp>

#include <algorithm>
#include <cstdint>
#include <initializer_list>

namespace kaiwa::server {
namespace {

namespace ip = asio::ip;

bool begins_with(ip::address_v6::bytes_type const& bytes,
                 std::initializer_list<std::uint8_t> prefix) {
    return std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

/// The IPv4 address that an IPv6 one leads to: mapped, by NAT64 (RFC 6052) or by 6to4 (RFC 3056).
ip::address innermost(ip::address const& address) {
    if (!address.is_v6()) return address;
    auto const bytes = address.to_v6().to_bytes();
    auto const inner = [&](std::size_t at) {
        return ip::address_v4({bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]});
    };
    bool const nat64 = begins_with(bytes, {0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0});
    if (address.to_v6().is_v4_mapped() || nat64) return inner(12);
    if (begins_with(bytes, {0x20, 0x02})) return inner(2);
    return address;
}

/// Lower case, and an IPv6 address without its brackets.
std::string plain_host(std::string_view host) {
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    std::string plain(host);
    std::ranges::transform(plain, plain.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return plain;
}

/// Addresses that no model server has.
bool is_machinery(ip::address const& given) {
    auto const address = innermost(given);
    if (address.is_unspecified() || address.is_multicast()) return true;
    if (address.is_v6()) {
        // fd00:ec2::/32: the metadata service, credentials of containers and pods.
        return address.to_v6().is_link_local() ||
               begins_with(address.to_v6().to_bytes(), {0xFD, 0x00, 0x0E, 0xC2});
    }
    auto const bytes = address.to_v4().to_bytes();
    return (bytes[0] == 169 && bytes[1] == 254) || bytes[0] == 0 || bytes[0] >= 240;
}

}  // namespace

void ProviderGate::set_entered(std::vector<HostAndPort> hosts) {
    std::scoped_lock const lock(mutex_);
    entered_ = {std::make_move_iterator(hosts.begin()), std::make_move_iterator(hosts.end())};
}

void ProviderGate::add_expected(HostAndPort host) {
    std::scoped_lock const lock(mutex_);
    expected_.insert(std::move(host));
}

void ProviderGate::add_tried(HostAndPort host) {
    std::scoped_lock const lock(mutex_);
    if (tried_.size() >= max_tried) tried_.clear();
    tried_.insert(std::move(host));
}

bool ProviderGate::allows(std::string_view host, std::uint16_t port,
                          ip::address const& address) const {
    if (configured_.allows(host, port, address)) return true;
    if (is_machinery(address)) return false;
    HostAndPort const asked{plain_host(host), port};
    std::scoped_lock const lock(mutex_);
    return entered_.contains(asked) || expected_.contains(asked) || tried_.contains(asked);
}

std::optional<ProviderGate::HostAndPort> host_and_port(std::string_view url) {
    if (!url.starts_with("http://") && !url.starts_with("https://")) return std::nullopt;
    auto const parsed = boost::urls::parse_uri(url);
    if (!parsed || parsed->host().empty()) return std::nullopt;
    std::uint16_t port = parsed->scheme() == "https" ? 443 : 80;
    if (parsed->has_port() && parsed->port_number() != 0) port = parsed->port_number();
    return ProviderGate::HostAndPort{plain_host(parsed->host()), port};
}

}  // namespace kaiwa::server
