#pragma once

#include "auth/authenticator.hpp"
#include "auth/credential_cache.hpp"
#include "auth/new_user.hpp"
#include "auth/passwords.hpp"
#include "auth/user_store.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"

#include <optional>
#include <string>

namespace kaiwa::auth {

[[nodiscard]] std::string_view to_string(UserRole role);
[[nodiscard]] std::optional<UserRole> parse_user_role(std::string_view text);

/// Whoever sits at the machine: the command line acts as this principal.
[[nodiscard]] Principal machine_principal();

/// What administrators do with users, and the command line with users and keys. Every function
/// fails with `forbidden` unless `who` is an administrator. What it takes away is gone for the next
/// request. Thread-safe.
class UserAdministration {
public:
    UserAdministration(UserStore& store, Passwords& passwords, CredentialCache& cache,
                       Clock const& clock, Random& random);

    asio::awaitable<Result<Page<User>>> users(Principal who, UserQuery query);
    asio::awaitable<Result<User>> user(Principal who, UserId id);
    asio::awaitable<Result<User>> user_by_name(Principal who, std::string username);
    /// Fails with `invalid_argument` or `conflict` (reason "username_taken").
    asio::awaitable<Result<User>> add_user(Principal who, NewUser user);
    /// Fails with `not_found` or `conflict` (reason "last_administrator").
    asio::awaitable<Result<User>> update_user(Principal who, UserId id, UserPatch patch);
    /// Ends all sessions of the user.
    asio::awaitable<Result<void>> set_password(Principal who, UserId id, Secret password);
    asio::awaitable<Result<void>> delete_user(Principal who, UserId id);

    /// A key of a user, or one that stands for itself.
    /// Fails with `not_found` (the user) or `conflict` (reason "key_name_taken").
    asio::awaitable<Result<NewApiKey>> add_key(Principal who, std::string name,
                                               std::optional<std::string> username);
    /// All keys there are.
    asio::awaitable<Result<std::vector<ApiKey>>> keys(Principal who);
    asio::awaitable<Result<void>> revoke_key(Principal who, ApiKey key);

private:
    UserStore& store_;
    Passwords& passwords_;
    CredentialCache& cache_;
    Clock const& clock_;
    Random& random_;
};

}  // namespace kaiwa::auth
