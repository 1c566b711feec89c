#include "aws/endpoints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kaiwa::aws {

namespace {

struct Partition {
    std::string_view prefix;
    std::string_view domain;
    std::string_view dual_stack;
};

// botocore's partitions.json.
constexpr std::array<Partition, 6> partitions = {{
    {"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    {"us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
    {"us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
    {"us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
    {"eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
    {"eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
}};
constexpr Partition common_partition{"", "amazonaws.com", "api.aws"};

Partition const& partition_of(std::string_view region) {
    auto const found = std::ranges::find_if(
        partitions, [&](Partition const& partition) { return region.starts_with(partition.prefix); });
    return found == partitions.end() ? common_partition : *found;
}

/// GovCloud's usual endpoints of these are validated, and have no other name.
bool is_validated_in_govcloud(std::string_view host) {
    constexpr std::array<std::string_view, 4> hosts{"dynamodb", "sts", "ssm", "portal.sso"};
    return std::ranges::find(hosts, host) != hosts.end();
}

/// Secrets Manager answers both kinds of address under its usual name in the older partitions.
bool is_dual_stack_anyway(std::string_view host, std::string_view region) {
    return host == "secretsmanager" && (domain_of(region) == "amazonaws.com" || region.starts_with("cn-"));
}

/// What the service is called in variables: "bedrock-runtime" is BEDROCK_RUNTIME.
std::string variable_name(std::string_view host) {
    if (host == "secretsmanager") return "SECRETS_MANAGER";
    if (host == "portal.sso") return "SSO";
    std::string name(host);
    std::ranges::transform(name, name.begin(), [](char c) {
        if (c == '-' || c == '.') return '_';
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return name;
}

}  // namespace

bool is_region(std::string_view region) {
    auto const plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !region.empty() && region.size() <= 63 && plain(region.front()) &&
           plain(region.back()) &&
           std::ranges::all_of(region, [&](char c) { return plain(c) || c == '-'; });
}

std::string_view domain_of(std::string_view region) { return partition_of(region).domain; }

EndpointKind endpoint_kind(Variables const& variables) {
    auto const is_on = [&](std::string_view name) {
        auto value = variables(name).value_or("");
        std::ranges::transform(value, value.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        return value == "true";
    };
    return {is_on("AWS_USE_FIPS_ENDPOINT"), is_on("AWS_USE_DUALSTACK_ENDPOINT")};
}

std::string own_url(std::string_view host, std::string_view region, EndpointKind kind) {
    auto const domain = domain_of(region);
    if (host == "s3")
        return fmt::format("https://s3{}{}.{}.{}", kind.fips ? "-fips" : "",
                           kind.dual_stack ? ".dualstack" : "", region, domain);
    bool const renamed = kind.fips && !(region.starts_with("us-gov-") && !kind.dual_stack &&
                                        is_validated_in_govcloud(host));
    bool const stays = is_dual_stack_anyway(host, region) &&
                       (!kind.fips || domain == common_partition.domain);
    bool const moved = kind.dual_stack && !stays;
    return fmt::format("https://{}{}.{}.{}", host, renamed ? "-fips" : "", region,
                       moved ? partition_of(region).dual_stack : domain);
}

std::string configured_url(Variables const& variables, std::string_view host) {
    if (variables("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == "true") return {};
    auto given = variables("AWS_ENDPOINT_URL_" + variable_name(host));
    if (!given) given = variables("AWS_ENDPOINT_URL");
    auto url = given.value_or("");
    while (url.ends_with('/')) url.pop_back();
    return url;
}

std::string service_url(Variables const& variables, std::string_view host,
                        std::string_view region) {
    auto url = configured_url(variables, host);
    return url.empty() ? own_url(host, region, endpoint_kind(variables)) : url;
}

}  // namespace kaiwa::aws
