#pragma once

#include "auth/passwords.hpp"
#include "auth/user_store.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"

#include <string>

namespace kaiwa::auth {

struct NewUser {
    std::string username;
    std::string name;
    UserRole role = UserRole::user;
    Secret password;
};

/// Checks the rules of names and passwords, and hashes the password; stores nothing.
/// Fails with `invalid_argument`.
asio::awaitable<Result<UserWithPassword>> make_user(NewUser user, Passwords& passwords,
                                                    Clock const& clock, Random& random);

}  // namespace kaiwa::auth
