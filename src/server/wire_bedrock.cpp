#include "server/wire_bedrock.hpp"

#include "aws/session.hpp"

#include <utility>

namespace kaiwa::server {

bool MachineryGate::allows(std::string_view, std::uint16_t, asio::ip::address const& given) const {
    auto address = given;
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    if (address.is_loopback()) return true;
    if (address.is_v4()) {
        auto const bytes = address.to_v4().to_bytes();
        return bytes[0] == 169 && bytes[1] == 254;
    }
    auto const bytes = address.to_v6().to_bytes();
    return bytes[0] == 0xFD && bytes[1] == 0x00 && bytes[2] == 0x0E && bytes[3] == 0xC2;
}

class BedrockWiring::Account final : public providers::BedrockAccount {
public:
    Account(aws::Surroundings around, std::string profile, Log& log)
        : session_(std::move(around), aws::SessionOptions{std::move(profile), {}}, log) {}

    aws::CredentialProvider& credentials() override { return session_.credentials(); }
    asio::awaitable<aws::Outcome<std::string>> region() override { return session_.region(); }

private:
    aws::Session session_;
};

BedrockWiring::BedrockWiring(http::Transport& transport, ProviderGate& gate, Clock const& clock,
                             Random& random, Log& log)
    : gate_(gate),
      log_(log),
      machinery_client_(machinery_gate_, http::ClientOptions{}, log),
      services_{.transport = transport,
                .clock = clock,
                .random = random,
                .account = [this](std::string const& profile) { return account(profile); },
                .variables = [this](std::string_view name) { return variable(name); },
                .expect = [this](std::string_view url) { expect(url); }} {}

BedrockWiring::~BedrockWiring() = default;

void BedrockWiring::set_variables(Variables variables) {
    std::scoped_lock const lock(mutex_);
    variables_ = std::move(variables);
}

std::optional<std::string> BedrockWiring::variable(std::string_view name) const {
    std::scoped_lock const lock(mutex_);
    auto const found = variables_.find(name);
    return found == variables_.end() ? std::nullopt : std::optional(found->second);
}

void BedrockWiring::expect(std::string_view url) {
    if (auto host = host_and_port(url)) gate_.add_expected(std::move(*host));
}

std::shared_ptr<providers::BedrockAccount> BedrockWiring::account(std::string const& profile) {
    std::scoped_lock const lock(mutex_);
    auto& account = accounts_[profile];
    if (account) return account;
    if (!files_) files_.emplace("aws-files", 1, 64);
    aws::Surroundings around{.services = services_.transport,
                             .metadata = machinery_client_,
                             .files = *files_,
                             .clock = services_.clock,
                             .random = services_.random,
                             .variables = services_.variables,
                             .expect = services_.expect};
    account = std::make_shared<Account>(std::move(around), profile, log_);
    return account;
}

}  // namespace kaiwa::server
