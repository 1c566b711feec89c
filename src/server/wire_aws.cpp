#include "server/wire_aws.hpp"

#include "server/provider_gate.hpp"

#include <algorithm>
#include <cstdlib>

namespace kaiwa::server {
namespace {

http::ClientOptions options(AwsGround::Connections connections) {
    http::ClientOptions out;
    if (connections == AwsGround::Connections::closed) out.max_idle_per_origin = 0;
    if (auto const* bundle = std::getenv("AWS_CA_BUNDLE")) out.ca_file = bundle;
    return out;
}

std::optional<std::string> variable(std::string_view name) {
    auto const* value = std::getenv(std::string(name).c_str());
    return value && *value ? std::optional<std::string>(value) : std::nullopt;
}

}  // namespace

bool MachineGate::allows(std::string_view, std::uint16_t, asio::ip::address const& given) const {
    auto address = given;
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    if (address.is_loopback()) return true;
    if (address.is_v4()) {
        auto const bytes = address.to_v4().to_bytes();
        return bytes[0] == 169 && bytes[1] == 254;
    }
    auto const bytes = address.to_v6().to_bytes();  // fd00:ec2::/32
    return bytes[0] == 0xFD && bytes[1] == 0x00 && bytes[2] == 0x0E && bytes[3] == 0xC2;
}

void ServiceGate::expect(std::string_view url) {
    auto host = host_and_port(url);
    if (!host) return;
    std::scoped_lock const lock(mutex_);
    if (std::ranges::find(hosts_, *host) != hosts_.end()) return;
    hosts_.push_back(std::move(*host));
    gate_.set_hosts(hosts_);
}

bool ServiceGate::allows(std::string_view host, std::uint16_t port,
                         asio::ip::address const& address) const {
    return gate_.allows(host, port, address);
}

AwsGround::AwsGround(std::string profile, std::string region, Connections connections,
                     Clock const& clock, Random& random, Log& log)
    : client_(gate_, options(connections), log),
      machine_client_(machine_gate_, options(Connections::closed), log),
      files_("aws-files", 1, 64),
      session_(aws::Surroundings{.services = client_,
                                 .metadata = machine_client_,
                                 .files = files_,
                                 .clock = clock,
                                 .random = random,
                                 .variables = variable,
                                 .expect = [this](std::string_view url) { gate_.expect(url); }},
               aws::SessionOptions{std::move(profile), std::move(region)}, log) {}

void AwsGround::close_idle() {
    client_.close_idle();
    machine_client_.close_idle();
}

}  // namespace kaiwa::server
