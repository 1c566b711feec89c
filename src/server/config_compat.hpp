#pragma once

#include "server/config_keys.hpp"

#include <vector>

namespace kaiwa::server {

/// The keys of `[compat]` and of its dialects' tables.
[[nodiscard]] std::vector<Key> compat_keys();

/// What cannot be judged key by key: a dialect that takes an issuer's tokens must know issuer and
/// audience. What `[compat]` says holds for each dialect that says nothing itself.
/// Fails with `invalid_argument`, naming the key.
[[nodiscard]] Result<void> finish_compat(Settings& settings);

}  // namespace kaiwa::server
