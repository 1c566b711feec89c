#pragma once

#include "auth/credential_cache.hpp"
#include "auth/passwords.hpp"
#include "auth/sign_in_throttle.hpp"
#include "auth/token_verifier.hpp"
#include "auth/user_store.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace kaiwa::auth {

struct SignIn {
    std::string username;
    Secret password;
    asio::ip::address address;
    std::string user_agent;
    std::string
        replaced_token;  ///< The session cookie sent along; that session ends. May be empty.
};

struct SignedIn {
    User user;
    Session session;
    Secret token;  ///< What the cookie holds.
};

struct NewApiKey {
    ApiKey key;
    Secret text;  ///< Shown once.
};

/// Says who is asking: signs people in with their passwords, and checks session tokens and API
/// keys. Thread-safe.
///
/// A token is 32 random bytes in URL-safe base64; a key is "kw_" and the same. Only their SHA-256
/// is stored. Whatever is wrong with a credential (unknown, expired, of a disabled user) is the one
/// failure `unauthenticated`.
class Authenticator {
public:
    static constexpr std::chrono::days idle_timeout{7};
    static constexpr std::chrono::days absolute_timeout{30};
    static constexpr std::chrono::minutes touch_interval{1};

    Authenticator(UserStore& store, Passwords& passwords, SignInThrottle& throttle,
                  CredentialCache& cache, Clock const& clock, Random& random, Log& log);

    /// Fails with `unauthenticated` (reason "wrong_credentials") or `rate_limited` (reason
    /// "too_many_requests"; `sign_in_pause()` says for how long).
    asio::awaitable<Result<SignedIn>> sign_in(SignIn attempt);
    [[nodiscard]] std::chrono::seconds sign_in_pause(std::string_view username,
                                                     asio::ip::address const& address);
    /// A session for a user that has just proved itself: by the password of the hash `proved`, or
    /// otherwise. Fails with `not_found` when the user was disabled, or the password changed,
    /// since.
    asio::awaitable<Result<SignedIn>> begin_session(
        User user, std::string user_agent, std::string replaced_token,
        std::optional<std::string> proved = std::nullopt);

    asio::awaitable<Result<Caller>> check_session(std::string token);
    asio::awaitable<Result<Caller>> check_key(std::string key);
    /// The user that stands for somebody whom another system vouched for a moment ago (a verified
    /// token, a call that AWS verified): made when it is first seen, with role user. Its username
    /// is made of issuer and subject alone. Fails with `unauthenticated` when it was disabled.
    asio::awaitable<Result<Caller>> recognise(ExternalIdentity identity);
    /// Checks the credential of a caller again, for connections that stay open: a revocation,
    /// another role or the session's end shows within a second when asked every second.
    asio::awaitable<Result<Caller>> check_again(Credential credential);

    asio::awaitable<Result<void>> sign_out(Caller caller);
    /// The caller's sessions that are still good, most recently used first.
    asio::awaitable<Result<std::vector<Session>>> sessions(Caller caller);
    asio::awaitable<Result<void>> end_session(Caller caller, SessionId id);

    /// Ends the caller's other sessions. Fails with `forbidden` (reason "wrong_credentials"),
    /// `invalid_argument` (the new one), `rate_limited`.
    asio::awaitable<Result<void>> change_password(Caller caller, Secret current, Secret next,
                                                  asio::ip::address address);

    /// Keys of the caller's user; a key that stands for itself has none (`forbidden`).
    asio::awaitable<Result<std::vector<ApiKey>>> keys(Caller caller);
    asio::awaitable<Result<NewApiKey>> add_key(Caller caller, std::string name);
    asio::awaitable<Result<void>> revoke_key(Caller caller, KeyId id);

private:
    asio::awaitable<Result<Caller>> read(Credential credential);
    asio::awaitable<Result<Caller>> read_session(Credential credential);
    asio::awaitable<Result<Caller>> read_key(Credential credential);
    asio::awaitable<Result<Caller>> read_external(Credential credential);
    asio::awaitable<Result<void>> add_external(Credential credential, ExternalIdentity identity);
    /// Compares under the throttle. The value is the stored hash that `password` is right for, or
    /// nothing; an outdated hash is replaced, which ends the user's sessions but `keep`.
    asio::awaitable<Result<std::optional<std::string>>> prove(std::string username, Secret password,
                                                              asio::ip::address address,
                                                              UserWithPassword const* known,
                                                              std::optional<SessionId> keep);

    UserStore& store_;
    Passwords& passwords_;
    SignInThrottle& throttle_;
    CredentialCache& cache_;
    Clock const& clock_;
    Random& random_;
    Log& log_;
};

/// Makes a key and its record, not yet stored.
[[nodiscard]] NewApiKey make_api_key(std::string name, std::optional<UserId> user,
                                     Clock const& clock, Random& random);

}  // namespace kaiwa::auth
