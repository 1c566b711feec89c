#include "server/wire_aws.hpp"

#include "server/outbound.hpp"
#include "server/provider_gate.hpp"

#include <algorithm>

namespace kaiwa::server {

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

struct AwsGround::Parts {
    Parts(http::ClientOptions services, http::ClientOptions machinery, Log& log)
        : client(gate, std::move(services), log),
          machine_client(machine_gate, std::move(machinery), log) {}

    MachineGate machine_gate;
    ServiceGate gate;
    http::Client client;
    http::Client machine_client;
    Workers files{"aws-files", 1, 64};
    std::map<std::string, std::unique_ptr<aws::Session>> sessions;  // by profile
};

AwsGround::AwsGround(Settings const& settings, Connections connections, Clock const& clock,
                     Random& random, Log& log)
    : outbound_(outbound_options(settings)),
      clock_(clock),
      random_(random),
      log_(log, clock),
      variables_(settings.aws_variables) {
    if (connections == Connections::closed) outbound_.max_idle_per_origin = 0;
}

AwsGround::~AwsGround() = default;

AwsGround::Variables AwsGround::set_variables(Variables variables) {
    std::scoped_lock const lock(mutex_);
    return std::exchange(variables_, std::move(variables));
}

std::optional<std::string> AwsGround::variable(std::string_view name) const {
    std::scoped_lock const lock(mutex_);
    auto const found = variables_.find(name);
    return found == variables_.end() ? std::nullopt : std::optional(found->second);
}

AwsGround::Parts& AwsGround::parts() {
    if (parts_) return *parts_;
    http::ClientOptions machinery;  // reached by no proxy
    machinery.max_idle_per_origin = 0;
    parts_ = std::make_unique<Parts>(outbound_, std::move(machinery), log_);
    return *parts_;
}

aws::Session& AwsGround::session(std::string const& profile) {
    std::scoped_lock const lock(mutex_);
    auto& made = parts();
    auto& session = made.sessions[profile];
    if (session) return *session;
    aws::Surroundings around{
        .services = made.client,
        .metadata = made.machine_client,
        .files = made.files,
        .clock = clock_,
        .random = random_,
        .variables = [this](std::string_view name) { return variable(name); },
        .expect = [&gate = made.gate](std::string_view url) { gate.expect(url); }};
    session = std::make_unique<aws::Session>(std::move(around),
                                             aws::SessionOptions{.profile = profile}, log_);
    return *session;
}

void AwsGround::close_idle() {
    std::scoped_lock const lock(mutex_);
    if (parts_) parts_->client.close_idle();
}

}  // namespace kaiwa::server
