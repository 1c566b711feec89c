#pragma once

#include "kaiwa/error.hpp"
#include "server/settings.hpp"

#include <string>

namespace kaiwa::server {

/// Asks the server of this configuration, on this machine, whether it takes new work (`GET /readyz`)
/// within five seconds; returns what it said. For the health check of a container, which has no
/// other program to ask with.
/// Fails with `unavailable`, saying what was asked and what came.
Result<std::string> check_health(Settings const& settings);

}  // namespace kaiwa::server
