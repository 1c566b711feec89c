#pragma once

#include "auth/new_user.hpp"
#include "auth/passwords.hpp"
#include "auth/user_store.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"

#include <mutex>
#include <optional>
#include <string>

namespace kaiwa::auth {

/// Makes the first administrator: by whoever holds the one-time token that the console shows, or
/// from the environment. Never the first who comes. Thread-safe.
class FirstAdministrator {
public:
    FirstAdministrator(UserStore& store, Passwords& passwords, Clock const& clock, Random& random);

    /// Whether there is no administrator yet.
    asio::awaitable<Result<bool>> needed();

    /// Makes the token of this start, kept in memory only; an earlier one is void. Print it where
    /// only the operator looks.
    Secret issue_token();

    /// Fails with `conflict` (reason "setup_done" when there is an administrator, or
    /// "username_taken"), `forbidden` (reason "wrong_setup_token": wrong, used or never issued), or
    /// `invalid_argument`, which leaves the token good.
    asio::awaitable<Result<User>> create(std::string token, NewUser user);

    /// The administrator that the environment names; nothing when there is one already.
    asio::awaitable<Result<std::optional<User>>> create_from_environment(std::string username,
                                                                         Secret password);

private:
    [[nodiscard]] bool is_token(std::string_view token);

    UserStore& store_;
    Passwords& passwords_;
    Clock const& clock_;
    Random& random_;
    std::mutex mutex_;
    std::optional<Secret> token_;
};

}  // namespace kaiwa::auth
