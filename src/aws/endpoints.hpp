#pragma once

#include "aws/surroundings.hpp"

#include <string>
#include <string_view>

namespace kaiwa::aws {

/// Whether `region` can be one: it becomes part of a host name.
[[nodiscard]] bool is_region(std::string_view region);

/// The domain of a region's services: "amazonaws.com", or that of its partition.
[[nodiscard]] std::string_view domain_of(std::string_view region);

/// Where a service is called: `AWS_ENDPOINT_URL_<SERVICE>`, else `AWS_ENDPOINT_URL`, else the
/// region's own host. `host` is the first label, such as "bedrock-runtime"; no slash at the end.
[[nodiscard]] std::string service_url(Variables const& variables, std::string_view host,
                                      std::string_view region);

}  // namespace kaiwa::aws
