#include "server/wire_bedrock.hpp"

#include <memory>
#include <utility>

namespace kaiwa::server {
namespace {

class Account final : public providers::BedrockAccount {
public:
    explicit Account(aws::Session& session) : session_(session) {}

    aws::CredentialProvider& credentials() override { return session_.credentials(); }
    asio::awaitable<aws::Outcome<std::string>> region() override { return session_.region(); }
    asio::awaitable<aws::Outcome<aws::EndpointKind>> endpoint_kind() override {
        return session_.endpoint_kind();
    }
    [[nodiscard]] std::optional<std::string> variable(std::string_view name) const override {
        return session_.surroundings().variables(name);
    }

private:
    aws::Session& session_;
};

}  // namespace

providers::BedrockServices bedrock_services(http::Transport& transport, ProviderGate& gate,
                                            AwsGround& aws, Clock const& clock, Random& random) {
    return {.transport = transport,
            .clock = clock,
            .random = random,
            .account =
                [&aws](std::string const& profile) {
                    return std::make_shared<Account>(aws.session(profile));
                },
            .expect =
                [&gate](std::string_view url) {
                    if (auto host = host_and_port(url)) gate.add_expected(std::move(*host));
                }};
}

}  // namespace kaiwa::server
