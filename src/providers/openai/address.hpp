#pragma once

#include "kaiwa/error.hpp"
#include "llm/catalogue.hpp"
#include "providers/common/base_url.hpp"
#include "providers/openai/request.hpp"

#include <string>
#include <string_view>

namespace kaiwa::providers {

/// Where a Chat Completions server is and how it wants to be spoken to, told from its address.
class OpenAiAddress {
public:
    static Result<OpenAiAddress> read(llm::ProviderConfig const& config);

    [[nodiscard]] std::string completions(std::string_view model) const;
    [[nodiscard]] std::string models() const {
        return azure_ == Azure::none ? base_.at("/models") : azure_models();
    }
    /// An address beside the API, e.g. llama.cpp's "/props".
    [[nodiscard]] std::string beside(std::string_view path) const {
        return base_.root + std::string(path);
    }

    [[nodiscard]] RequestStyle style() const;
    /// The list of models is not that of the deployments.
    [[nodiscard]] bool lists_deployments() const {
        return azure_ == Azure::none || azure_ == Azure::v1;
    }
    /// The one that the address is of, else empty.
    [[nodiscard]] std::string_view deployment() const;
    [[nodiscard]] bool is_azure() const { return azure_ != Azure::none; }
    [[nodiscard]] bool is_openai() const { return base_.host == "api.openai.com"; }
    [[nodiscard]] std::string const& host() const { return base_.host; }

private:
    enum class Azure {
        none,
        v1,          ///< ".../openai/v1": names the model, needs no version.
        resource,    ///< The deployment is part of the path.
        deployment,  ///< The address is one deployment's.
    };

    [[nodiscard]] std::string azure_models() const;

    BaseUrl base_;
    Azure azure_ = Azure::none;
};

}  // namespace kaiwa::providers
