#pragma once

#include "aws/endpoints.hpp"
#include "base/secret.hpp"
#include "kaiwa/error.hpp"
#include "llm/catalogue.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace kaiwa::providers {

/// Where Bedrock is reached: scheme, host and port, without a slash at the end.
struct BedrockEndpoints {
    std::string region;
    std::string runtime;   ///< Converse, InvokeModel.
    std::string control;   ///< The lists of models.
    bool is_aws_own = true;    ///< Both are AWS's public names, of whatever kind.
    bool follow_kind = false;  ///< The kind of the surroundings counts for one of them.
};

/// What the machine's AWS settings say; an empty text is as good as none.
struct BedrockSurroundings {
    std::string region;            ///< AWS_REGION or AWS_DEFAULT_REGION; or the profile's.
    std::string endpoint;          ///< AWS_ENDPOINT_URL.
    std::string runtime_endpoint;  ///< AWS_ENDPOINT_URL_BEDROCK_RUNTIME.
    std::string control_endpoint;  ///< AWS_ENDPOINT_URL_BEDROCK.
    aws::EndpointKind kind{};      ///< As the account says, which is not read here.
    Secret api_key;                ///< AWS_BEARER_TOKEN_BEDROCK.
};

/// Reads them; `variables` gives nothing for a variable that is unset or empty.
[[nodiscard]] BedrockSurroundings read_surroundings(
    std::function<std::optional<std::string>(std::string_view name)> const& variables);

/// Reads `base_url` and the options `region`, `control_endpoint`, `fips` and `dual_stack` ("true" or
/// "false"); what they leave out comes from the surroundings. A `base_url` whose host names
/// "bedrock-runtime" (a VPC endpoint) serves answers only, any other one the lists too.
///
/// Fails with `invalid_argument`, naming the option; without any region too.
/// (AWS General Reference, "Amazon Bedrock endpoints and quotas".)
[[nodiscard]] Result<BedrockEndpoints> bedrock_endpoints(llm::ProviderConfig const& config,
                                                         BedrockSurroundings const& around);

/// `/model/<id>/<operation>`. The id is one label of the path: all but unreserved characters are
/// encoded once, so that an ARN's ':' and '/' are "%3A" and "%2F".
[[nodiscard]] std::string model_path(std::string_view model, std::string_view operation);

}  // namespace kaiwa::providers
