#pragma once

#include "aws/credentials.hpp"
#include "aws/endpoints.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "http/transport.hpp"
#include "llm/catalogue.hpp"
#include "llm/chat_model.hpp"
#include "providers/bedrock/endpoints.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace kaiwa::providers {

/// Who pays, and where by default: a profile of the AWS files, or what the machine has.
class BedrockAccount {
public:
    virtual ~BedrockAccount() = default;
    virtual aws::CredentialProvider& credentials() = 0;
    /// Fails with kind `credentials` when nothing says.
    virtual asio::awaitable<aws::Outcome<std::string>> region() = 0;
    /// What the environment or the profile asks for. Fails with kind `credentials` when the
    /// profile cannot be read.
    virtual asio::awaitable<aws::Outcome<aws::EndpointKind>> endpoint_kind() = 0;
    /// A variable of the environment; nothing when it is unset or empty.
    [[nodiscard]] virtual std::optional<std::string> variable(std::string_view name) const = 0;
};

/// What Bedrock's adapters need from whoever makes them; all of it outlives what is made.
struct BedrockServices {
    http::Transport& transport;
    Clock const& clock;
    Random& random;
    /// The account of a profile; of the machine for "".
    std::function<std::shared_ptr<BedrockAccount>(std::string const& profile)> account;
    /// Called with an address of AWS, or of the configuration, before it is called.
    std::function<void(std::string_view url)> expect = [](std::string_view) {};
};

/// Makes the `ChatModel` of Amazon Bedrock in one region.
///
/// `api_key` is a Bedrock API key; without one (and without AWS_BEARER_TOKEN_BEDROCK, which is only
/// shown to AWS's own addresses and to those of the configuration) calls are signed. `options`: what
/// `bedrock_endpoints()` and `ConverseExtras::read()` take, `profile`, `legacy_models` (patterns of
/// models of the Text Completions form, separated by commas), `list` ("versioned" or "all"), the
/// deadlines. Fails with `invalid_argument`, naming the field.
///
/// The list of models is asked for every ten minutes. Where the account may call models but not
/// list them, those that are named in `models` are offered, and `notice()` says why.
[[nodiscard]] Result<std::shared_ptr<llm::ChatModel>> make_bedrock(
    llm::ProviderConfig const& config, BedrockServices const& services);

}  // namespace kaiwa::providers
