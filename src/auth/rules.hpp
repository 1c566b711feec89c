#pragma once

#include "base/secret.hpp"
#include "kaiwa/error.hpp"

#include <string_view>

namespace kaiwa::auth {

/// What a user may be called: 1 to 64 code points of composed Unicode text without control
/// characters, invisible characters, or spaces at its ends; not beginning with "key:", which is
/// how keys without a user are called. Fails with `invalid_argument`.
[[nodiscard]] Result<void> check_username(std::string_view username);

/// A name to show, of a user or a key: the same, up to 100 code points; a user's may be empty.
[[nodiscard]] Result<void> check_shown_name(std::string_view name);

/// A new password: at least 8 code points, as NIST SP 800-63B counts them; at most 1,024 bytes.
[[nodiscard]] Result<void> check_new_password(Secret const& password);

}  // namespace kaiwa::auth
