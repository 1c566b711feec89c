#include "aws/endpoints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kaiwa::aws {

namespace {

struct Partition {
    std::string_view prefix;
    std::string_view domain;
};

// botocore's partitions.json.
constexpr std::array<Partition, 6> partitions = {{
    {"cn-", "amazonaws.com.cn"},
    {"us-isob-", "sc2s.sgov.gov"},
    {"us-isof-", "csp.hci.ic.gov"},
    {"us-iso-", "c2s.ic.gov"},
    {"eu-isoe-", "cloud.adc-e.uk"},
    {"eusc-", "amazonaws.eu"},
}};

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

std::string_view domain_of(std::string_view region) {
    for (auto const& partition : partitions) {
        if (region.starts_with(partition.prefix)) return partition.domain;
    }
    return "amazonaws.com";
}

std::string service_url(Variables const& variables, std::string_view host,
                        std::string_view region) {
    auto given = variables("AWS_ENDPOINT_URL_" + variable_name(host));
    if (!given) given = variables("AWS_ENDPOINT_URL");
    if (!given || variables("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == "true") {
        return fmt::format("https://{}.{}.{}", host, region, domain_of(region));
    }
    while (given->ends_with('/')) given->pop_back();
    return *given;
}

}  // namespace kaiwa::aws
