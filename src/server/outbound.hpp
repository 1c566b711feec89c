#pragma once

#include "http/client.hpp"
#include "server/settings.hpp"

namespace kaiwa::server {

/// How calls leave this machine: by the configured proxies, and trusting the certificates of
/// `AWS_CA_BUNDLE` too.
[[nodiscard]] http::ClientOptions outbound_options(Settings const& settings);

}  // namespace kaiwa::server
