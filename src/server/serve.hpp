#pragma once

#include "server/command_line.hpp"
#include "server/config.hpp"

#include <functional>

namespace kaiwa::server {

/// Reads and checks the configuration again, for a reload.
using ReadConfiguration = std::function<Result<Configuration>()>;

/// Serves until a signal ends it. Fails when it cannot start.
Result<void> serve(Serve command, Configuration configuration, ReadConfiguration read_again,
                   std::string config_file);

}  // namespace kaiwa::server
