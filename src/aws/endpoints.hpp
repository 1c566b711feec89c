#pragma once

#include "aws/surroundings.hpp"

#include <string>
#include <string_view>

namespace kaiwa::aws {

/// Whether `region` can be one: it becomes part of a host name.
[[nodiscard]] bool is_region(std::string_view region);

/// The domain of a region's services: "amazonaws.com", or that of its partition.
[[nodiscard]] std::string_view domain_of(std::string_view region);

/// Which of a service's endpoints are used.
struct EndpointKind {
    bool fips = false;        ///< `AWS_USE_FIPS_ENDPOINT`: validated cryptography.
    bool dual_stack = false;  ///< `AWS_USE_DUALSTACK_ENDPOINT`: IPv6, too.
};
[[nodiscard]] EndpointKind endpoint_kind(Variables const& variables);

/// AWS's own address of a service in a region, as AWS's endpoint rules name it. Not every service
/// has every kind in every region: there is no host of that name then.
[[nodiscard]] std::string own_url(std::string_view host, std::string_view region, EndpointKind kind);

/// `AWS_ENDPOINT_URL_<SERVICE>`, else `AWS_ENDPOINT_URL`; empty when neither is to be used. `host` is
/// the first label, such as "bedrock-runtime"; no slash at the end.
[[nodiscard]] std::string configured_url(Variables const& variables, std::string_view host);

/// Where a service is called: its `configured_url()`, else its `own_url()`.
[[nodiscard]] std::string service_url(Variables const& variables, std::string_view host,
                                      std::string_view region);

}  // namespace kaiwa::aws
