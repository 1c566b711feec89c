#pragma once

#include "providers/bedrock/bedrock_model.hpp"
#include "server/provider_gate.hpp"
#include "server/wire_aws.hpp"

namespace kaiwa::server {

/// What Bedrock's adapters work with: the transport and the gate of all providers, and the accounts
/// of `aws`. The result refers to all of them.
[[nodiscard]] providers::BedrockServices bedrock_services(http::Transport& transport,
                                                          ProviderGate& gate, AwsGround& aws,
                                                          Clock const& clock, Random& random);

}  // namespace kaiwa::server
