#include "providers/bedrock/endpoints.hpp"

#include "providers/bedrock/options.hpp"
#include "providers/common/base_url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

namespace kaiwa::providers {
namespace {

bool is_region(std::string_view text) {
    return !text.empty() && text.size() <= 32 && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

Result<bool> read_switch(llm::ProviderConfig const& config, std::string const& name, bool usual) {
    auto const text = option_of(config, name);
    if (text.empty()) return usual;
    if (text == "true") return true;
    if (text == "false") return false;
    return fail(Errc::invalid_argument, fmt::format("{}: expected true or false", name));
}

/// `text` as scheme, host and port; `name` is what is blamed.
Result<std::string> server_of(std::string_view name, std::string_view text) {
    auto const url = BaseUrl::parse(text);
    if (url && url->path.empty() && url->query.empty()) return url->root;
    return fail(Errc::invalid_argument,
                fmt::format("{}: expected an address without a path, such as "
                            "https://bedrock-runtime.us-east-1.amazonaws.com",
                            name));
}

/// The first address that somebody gave, under the name that it was given.
struct Given {
    std::string_view name;
    std::string text;
};

Given first_of(std::initializer_list<Given> places) {
    for (auto const& place : places) {
        if (!place.text.empty()) return place;
    }
    return {};
}

bool is_aws_own(std::string_view server, std::string_view plane, std::string_view region) {
    for (bool const fips : {false, true}) {
        for (bool const dual_stack : {false, true})
            if (server == aws::own_url(plane, region, {fips, dual_stack})) return true;
    }
    return false;
}

/// `base_url`, unless it is an address of the runtime alone.
std::string for_both_planes(std::string const& base_url) {
    return base_url.contains("bedrock-runtime") ? std::string() : base_url;
}

}  // namespace

BedrockSurroundings read_surroundings(
    std::function<std::optional<std::string>(std::string_view name)> const& variables) {
    auto const text = [&](std::string_view name) { return variables(name).value_or(""); };
    BedrockSurroundings around;
    around.region = text("AWS_REGION");
    if (around.region.empty()) around.region = text("AWS_DEFAULT_REGION");
    around.endpoint = text("AWS_ENDPOINT_URL");
    around.runtime_endpoint = text("AWS_ENDPOINT_URL_BEDROCK_RUNTIME");
    around.control_endpoint = text("AWS_ENDPOINT_URL_BEDROCK");
    around.api_key = Secret(text("AWS_BEARER_TOKEN_BEDROCK"));
    return around;
}

Result<BedrockEndpoints> bedrock_endpoints(llm::ProviderConfig const& config,
                                           BedrockSurroundings const& around) {
    BedrockEndpoints out;
    out.region = option_of(config, "region");
    if (out.region.empty()) out.region = around.region;
    if (out.region.empty())
        return fail(Errc::invalid_argument,
                    "region: which one? Give it here, as AWS_REGION, or in the AWS profile");
    if (!is_region(out.region))
        return fail(Errc::invalid_argument, "region: expected a name such as us-east-1");
    auto const fips = read_switch(config, "fips", around.kind.fips);
    if (!fips) return std::unexpected(fips.error());
    auto const dual_stack = read_switch(config, "dual_stack", around.kind.dual_stack);
    if (!dual_stack) return std::unexpected(dual_stack.error());

    auto const read = [&](Given const& given, std::string_view plane,
                          std::string& into) -> Result<void> {
        if (given.text.empty()) {
            into = aws::own_url(plane, out.region, {*fips, *dual_stack});
            out.follow_kind =
                option_of(config, "fips").empty() || option_of(config, "dual_stack").empty();
            return {};
        }
        auto server = server_of(given.name, given.text);
        if (!server) return std::unexpected(server.error());
        if (!is_aws_own(*server, plane, out.region)) out.is_aws_own = false;
        into = std::move(*server);
        return {};
    };
    auto const runtime = first_of({{"base_url", config.base_url},
                                   {"AWS_ENDPOINT_URL_BEDROCK_RUNTIME", around.runtime_endpoint},
                                   {"AWS_ENDPOINT_URL", around.endpoint}});
    auto const control = first_of({{"control_endpoint", option_of(config, "control_endpoint")},
                                   {"base_url", for_both_planes(config.base_url)},
                                   {"AWS_ENDPOINT_URL_BEDROCK", around.control_endpoint},
                                   {"AWS_ENDPOINT_URL", around.endpoint}});
    if (auto ok = read(runtime, "bedrock-runtime", out.runtime); !ok)
        return std::unexpected(ok.error());
    if (auto ok = read(control, "bedrock", out.control); !ok) return std::unexpected(ok.error());
    return out;
}

std::string model_path(std::string_view model, std::string_view operation) {
    return fmt::format("/model/{}/{}", encoded_segment(model), operation);
}

}  // namespace kaiwa::providers
