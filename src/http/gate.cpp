#include "http/client.hpp"
#include "http/text.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <set>

namespace kaiwa::http {

namespace {

struct Range4 {
    std::uint32_t first;
    unsigned prefix_bits;
};

/// IPv4 that is not the public internet (IANA's special-purpose registry, RFC 6890, and multicast).
constexpr std::array<Range4, 17> special4 = {{
    {0x00000000, 8},   // this network, and unspecified
    {0x0A000000, 8},   // private
    {0x64400000, 10},  // carrier-grade NAT
    {0x7F000000, 8},   // loopback
    {0xA9FE0000, 16},  // link-local, with the metadata services of clouds
    {0xAC100000, 12},  // private
    {0xC0000000, 24},  // protocol assignments
    {0xC0000200, 24},  // documentation
    {0xC01FC400, 24},  // AS112
    {0xC034C100, 24},  // AMT
    {0xC0586300, 24},  // 6to4 relays
    {0xC0A80000, 16},  // private
    {0xC6120000, 15},  // benchmarks
    {0xC6336400, 24},  // documentation
    {0xCB007100, 24},  // documentation
    {0xE0000000, 4},   // multicast
    {0xF0000000, 4},   // reserved, and broadcast
}};

bool is_public(asio::ip::address_v4 const& address) {
    auto const value = address.to_uint();
    return std::ranges::none_of(special4, [value](Range4 const& range) {
        return (value ^ range.first) >> (32 - range.prefix_bits) == 0;
    });
}

using Bytes6 = asio::ip::address_v6::bytes_type;

bool begins_with(Bytes6 const& bytes, std::initializer_list<std::uint8_t> prefix) {
    return std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

asio::ip::address_v4 inner4(Bytes6 const& bytes, std::size_t at) {
    return asio::ip::address_v4({bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]});
}

/// Only global unicast (2000::/3) without its special parts, and the forms that lead to a public
/// IPv4 address.
bool is_public(asio::ip::address_v6 const& address) {
    auto const bytes = address.to_bytes();
    if (address.is_v4_mapped()) return is_public(inner4(bytes, 12));
    if (begins_with(bytes, {0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0})) {
        return is_public(inner4(bytes, 12));  // NAT64
    }
    if ((bytes[0] & 0xE0) != 0x20) return false;
    if (begins_with(bytes, {0x20, 0x02})) return is_public(inner4(bytes, 2));  // 6to4
    if (begins_with(bytes, {0x20, 0x01}) && bytes[2] < 2)
        return false;                                                // Teredo, benchmarks, ORCHID
    if (begins_with(bytes, {0x20, 0x01, 0x0D, 0xB8})) return false;  // documentation
    if (bytes[0] == 0x3F && bytes[1] == 0xFF && bytes[2] < 0x10) return false;  // documentation
    return true;
}

bool is_public(asio::ip::address const& address) {
    return address.is_v4() ? is_public(address.to_v4()) : is_public(address.to_v6());
}

}  // namespace

struct ConfiguredHostsGate::State {
    using Hosts = std::set<std::pair<std::string, std::uint16_t>>;

    std::mutex mutex;
    Hosts hosts;
};

std::shared_ptr<ConfiguredHostsGate::State> ConfiguredHostsGate::make_state() {
    return std::make_shared<State>();
}

void ConfiguredHostsGate::set_hosts(std::vector<std::pair<std::string, std::uint16_t>> hosts) {
    State::Hosts replaced;
    for (auto& [host, port] : hosts) {
        std::string_view name = host;
        if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
        replaced.emplace(to_lower(name), port);
    }
    std::lock_guard const lock(state_->mutex);
    state_->hosts = std::move(replaced);
}

bool ConfiguredHostsGate::allows(std::string_view host, std::uint16_t port,
                                 asio::ip::address const& address) const {
    if (is_public(address)) return true;
    std::lock_guard const lock(state_->mutex);
    return state_->hosts.contains({to_lower(host), port});
}

}  // namespace kaiwa::http
