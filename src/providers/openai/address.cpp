#include "providers/openai/address.hpp"

#include <fmt/format.h>

namespace kaiwa::providers {
namespace {

constexpr std::string_view default_api_version = "2024-10-21";

void drop_suffix(std::string& path, std::string_view suffix) {
    if (path.ends_with(suffix)) path.resize(path.size() - suffix.size());
}

bool is_azure_host(std::string_view host) {
    return host.ends_with(".openai.azure.com") || host.ends_with(".cognitiveservices.azure.com") ||
           host.ends_with(".services.ai.azure.com");
}

}  // namespace

Result<OpenAiAddress> OpenAiAddress::read(llm::ProviderConfig const& config) {
    auto base =
        BaseUrl::parse(config.base_url.empty() ? "https://api.openai.com/v1" : config.base_url);
    if (!base) return std::unexpected(base.error());
    OpenAiAddress address;
    address.base_ = std::move(*base);
    auto& path = address.base_.path;
    auto& query = address.base_.query;
    drop_suffix(path, "/chat/completions");
    if (is_azure_host(address.base_.host)) drop_suffix(path, "/responses");

    auto const option = config.options.find("api_version");
    bool const has_version = query.contains("api-version=") || option != config.options.end();
    if (is_azure_host(address.base_.host) || has_version) {
        if (option != config.options.end())
            query = "api-version=" + encoded_segment(option->second);
        bool const is_preview = query.ends_with("=preview") || query.ends_with("=latest");
        if (path.contains("/openai/deployments/")) {
            address.azure_ = Azure::deployment;
        } else if (path.ends_with("/v1") || is_preview) {
            address.azure_ = Azure::v1;
            if (!path.ends_with("/v1")) path = path.empty() ? "/openai/v1" : path + "/v1";
        } else {
            address.azure_ = Azure::resource;
            if (path.empty()) path = "/openai";
        }
        if (query.empty() && address.azure_ != Azure::v1)
            query = fmt::format("api-version={}", default_api_version);
    } else if (path.empty()) {
        path = "/v1";
    }
    return address;
}

std::string OpenAiAddress::completions(std::string_view model) const {
    if (azure_ != Azure::resource) return base_.at("/chat/completions");
    return base_.at(fmt::format("/deployments/{}/chat/completions", encoded_segment(model)));
}

std::string_view OpenAiAddress::deployment() const {
    if (azure_ != Azure::deployment) return {};
    auto const name = std::string_view(base_.path).substr(base_.path.rfind('/') + 1);
    return name == "deployments" ? std::string_view() : name;
}

std::string OpenAiAddress::azure_models() const {
    if (azure_ != Azure::deployment) return base_.at("/models");
    auto resource = base_;
    resource.path.resize(resource.path.find("/openai/deployments/") +
                         std::string_view("/openai").size());
    return resource.at("/models");
}

RequestStyle OpenAiAddress::style() const {
    RequestStyle style;
    style.names_model = azure_ != Azure::resource && azure_ != Azure::deployment;
    style.max_completion_tokens = is_azure() || is_openai();
    style.can_drop_padding = is_openai();
    return style;
}

}  // namespace kaiwa::providers
