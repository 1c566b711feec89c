#include "server/outbound.hpp"

namespace kaiwa::server {

http::ClientOptions outbound_options(Settings const& settings) {
    http::ClientOptions options;
    options.proxies = settings.proxies;
    auto const bundle = settings.aws_variables.find("AWS_CA_BUNDLE");
    if (bundle != settings.aws_variables.end()) options.ca_file = bundle->second;
    return options;
}

}  // namespace kaiwa::server
