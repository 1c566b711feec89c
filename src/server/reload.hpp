#pragma once

#include "server/config.hpp"

#include <string>
#include <vector>

namespace kaiwa::server {

/// The keys that are read at the start only and have another value in `now`: their change waits
/// for the next start. docs/configuration.md names them.
[[nodiscard]] std::vector<std::string> waiting_for_a_start(Configuration const& started,
                                                           Configuration const& now);

/// Puts back what routes are told of such keys, so that a reload takes nothing of them by halves.
void keep_of_the_start(Settings& now, Settings const& started);

}  // namespace kaiwa::server
