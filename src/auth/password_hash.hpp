#pragma once

#include "base/random.hpp"
#include "base/secret.hpp"
#include "kaiwa/error.hpp"

#include <string>
#include <string_view>

namespace kaiwa::auth {

/// Hashes with argon2id (RFC 9106), 64 MiB, 2 passes, 1 lane: about 60 ms and 64 MiB while it runs.
/// Call it on the threads of `Passwords`, never on a loop.
[[nodiscard]] Result<std::string> hash_password(Secret const& password, Random& random);

enum class PasswordMatch {
    no,
    yes,
    outdated,  ///< It matches a hash that is weaker than ours, or imported: hash it again.
};

/// Compares with a stored hash: an argon2id string of any cost up to 256 MiB, or an imported
/// SHA-256 as `sha256:<64 hex>` or 64 hex digits alone.
///
/// Takes as long as one argon2id hash whatever `stored` is, also when it is empty or unreadable, so
/// that time does not tell whether an account exists.
[[nodiscard]] PasswordMatch match_password(Secret const& password, std::string_view stored);

}  // namespace kaiwa::auth
