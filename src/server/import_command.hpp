#pragma once

#include "server/command_line.hpp"
#include "server/settings.hpp"

namespace kaiwa::server {

/// Carries out `kaiwa import`: brings conversations (or roles) of another system's table into the
/// configured store, also beside a running server. What cannot be read is said on standard output,
/// with its key, and the rest goes on. Blocks. Fails as the stores do.
Result<void> import_from(Import const& command, Settings const& settings);

}  // namespace kaiwa::server
