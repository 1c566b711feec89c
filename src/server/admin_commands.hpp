#pragma once

#include "server/command_line.hpp"
#include "server/settings.hpp"

namespace kaiwa::server {

/// Runs a command of `kaiwa user` or `kaiwa key`, also beside a running server, and prints its
/// answer on standard output.
Result<void> run_admin_command(CommandLine const& line, Settings settings);

}  // namespace kaiwa::server
