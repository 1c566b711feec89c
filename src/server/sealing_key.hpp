#pragma once

#include "base/crypto.hpp"
#include "base/random.hpp"
#include "server/settings.hpp"

namespace kaiwa::server {

/// A value for KAIWA_SECRET: 32 random bytes in URL-safe base64.
[[nodiscard]] Secret make_sealing_secret(Random& random);

/// The key that stored secrets are sealed with: from KAIWA_SECRET, else from `secret.key` in the
/// data folder, which is made (mode 0600) when it is missing.
/// Fails with `unavailable` when the file can neither be read nor made.
Result<Sealer> sealing_key(Settings const& settings, Random& random);

}  // namespace kaiwa::server
