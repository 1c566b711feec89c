#pragma once

#include "server/command_line.hpp"
#include "server/settings.hpp"

namespace kaiwa::server {

/// Carries out `kaiwa migrate`: copies everything between the stores that the configuration
/// describes, while no server runs on either. Progress goes to standard error, what came of it to
/// standard output. Blocks. Fails as transfer::Migration and the stores do.
Result<void> migrate_stores(Migrate const& command, Settings settings);

}  // namespace kaiwa::server
