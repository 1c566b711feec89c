#include "server/wire_providers.hpp"

#include "providers/anthropic/anthropic_model.hpp"
#include "providers/builtin/builtin_model.hpp"
#include "providers/custom/custom_model.hpp"
#include "providers/openai/openai_model.hpp"

#include <fmt/format.h>

namespace kaiwa::server {

Result<std::shared_ptr<llm::ChatModel>> make_provider(llm::ProviderConfig const& config,
                                                      providers::BedrockServices const& services) {
    auto& transport = services.transport;
    if (config.kind == "openai") return providers::make_openai(config, transport);
    if (config.kind == "anthropic") return providers::make_anthropic(config, transport);
    if (config.kind == "bedrock") return providers::make_bedrock(config, services);
    if (config.kind == "custom") return providers::make_custom(config, transport);
    if (config.kind == "builtin") return providers::make_builtin(config);
    return fail(
        Errc::invalid_argument,
        fmt::format(
            "{} is no kind of provider; expected openai, anthropic, bedrock, custom or builtin",
            config.kind));
}

}  // namespace kaiwa::server
