#include "auth/authenticator.hpp"

#include "auth/rules.hpp"
#include "base/crypto.hpp"
#include "base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kaiwa::auth {
namespace {

constexpr std::size_t secret_bytes = 32;
constexpr std::size_t secret_text = 43;  // 32 bytes in base64 without padding
constexpr std::string_view key_mark = "kw_";
constexpr std::size_t key_prefix = 8;
constexpr std::size_t max_user_agent = 256;
constexpr std::string_view external_mark = "external:";

std::string digest(std::string_view text) {
    auto const hash = sha256(text);
    return {hash.begin(), hash.end()};
}

std::unexpected<Error> unauthenticated() {
    return fail(Errc::unauthenticated, "sign in, or send a valid API key", "unauthenticated");
}

/// An absent credential is a wrong one; any other failure stays what it is.
std::unexpected<Error> credential_failure(Error const& error) {
    if (error.code == Errc::not_found) return unauthenticated();
    return std::unexpected(error);
}

Principal principal_of(User const& user) {
    return {user.id, user.username, user.role};
}

/// One text for each pair: neither part can run into the other.
std::string identity_digest(ExternalIdentity const& identity) {
    return digest(fmt::format("{}:{}{}", identity.issuer.size(), identity.issuer, identity.subject));
}

std::string external_username(Credential const& credential) {
    auto const* bytes = reinterpret_cast<std::uint8_t const*>(credential.hash.data());
    return std::string(external_mark) + base64url({bytes, credential.hash.size()});
}

/// What the other system calls it, where that can be shown.
std::string external_name(ExternalIdentity identity) {
    if (!identity.name.empty() && check_shown_name(identity.name)) return std::move(identity.name);
    if (check_shown_name(identity.subject)) return std::move(identity.subject);
    return {};
}

bool is_live(Session const& session, Timestamp now) {
    return now < session.expires_at && now - session.last_used_at < Authenticator::idle_timeout;
}

}  // namespace

NewApiKey make_api_key(std::string name, std::optional<UserId> user, Clock const& clock,
                       Random& random) {
    auto text = std::string(key_mark) + random.token(secret_bytes);
    ApiKey key{.id = KeyId{make_uuid7(clock, random)},
               .name = std::move(name),
               .user = user,
               .key_hash = digest(text),
               .prefix = text.substr(0, key_prefix),
               .created_at = clock.now(),
               .last_used_at = std::nullopt};
    return {std::move(key), Secret(std::move(text))};
}

Authenticator::Authenticator(UserStore& store, Passwords& passwords, SignInThrottle& throttle,
                             CredentialCache& cache, Clock const& clock, Random& random, Log& log)
    : store_(store),
      passwords_(passwords),
      throttle_(throttle),
      cache_(cache),
      clock_(clock),
      random_(random),
      log_(log) {}

std::chrono::seconds Authenticator::sign_in_pause(std::string_view username,
                                                  asio::ip::address const& address) {
    return std::chrono::ceil<std::chrono::seconds>(throttle_.pause(username, address));
}

asio::awaitable<Result<std::optional<std::string>>> Authenticator::prove(
    std::string username, Secret password, asio::ip::address address,
    UserWithPassword const* known, std::optional<SessionId> keep) {
    Passwords::Admission admission = [this, username, address]() -> Result<void> {
        auto const pause = sign_in_pause(username, address);
        if (pause.count() == 0) return {};
        return fail(Errc::rate_limited,
                    fmt::format("too many failed sign-ins; try again in {} s", pause.count()),
                    "too_many_requests");
    };
    if (auto admitted = admission(); !admitted) co_return std::unexpected(admitted.error());

    auto stored = known ? known->password_hash : std::string{};
    auto compared = co_await passwords_.compare(std::move(password), stored, std::move(admission));
    if (!compared) co_return std::unexpected(compared.error());
    if (compared->match == PasswordMatch::no) {
        throttle_.failed(username, address);
        co_return std::nullopt;
    }
    throttle_.succeeded(username, address);
    if (known && compared->new_hash) {
        auto replaced =
            co_await store_.set_password(known->user.id, *compared->new_hash, keep, stored);
        if (replaced) {
            stored = std::move(*compared->new_hash);
        } else {
            log_.warning("password_not_rehashed", {{"reason", replaced.error().message}});
        }
    }
    co_return std::move(stored);
}

asio::awaitable<Result<SignedIn>> Authenticator::sign_in(SignIn attempt) {
    auto user = co_await store_.user_by_name(attempt.username);
    if (!user && user.error().code != Errc::not_found) co_return std::unexpected(user.error());

    auto const* known = user && !user->user.disabled ? &*user : nullptr;
    auto proved = co_await prove(attempt.username, std::move(attempt.password), attempt.address,
                                 known, std::nullopt);
    if (!proved) co_return std::unexpected(proved.error());
    Result<SignedIn> begun = fail(Errc::not_found, "");
    if (*proved && known)
        begun = co_await begin_session(user->user, std::move(attempt.user_agent),
                                       std::move(attempt.replaced_token), std::move(*proved));
    // Disabled, or with a new password, while this one was compared: no longer right.
    if (!begun && begun.error().code == Errc::not_found) {
        log_.info("sign_in_failed", {{"address", attempt.address.to_string()}});
        co_return fail(Errc::unauthenticated, "the username or the password is wrong",
                       "wrong_credentials");
    }
    co_return begun;
}

asio::awaitable<Result<SignedIn>> Authenticator::begin_session(User user, std::string user_agent,
                                                               std::string replaced_token,
                                                               std::optional<std::string> proved) {
    auto const now = clock_.now();
    Secret token(random_.token(secret_bytes));
    auto agent = replace_invalid_utf8(std::move(user_agent));
    Session session{.id = SessionId{make_uuid7(clock_, random_)},
                    .user = user.id,
                    .token_hash = digest(token.reveal()),
                    .created_at = now,
                    .last_used_at = now,
                    .expires_at = now + absolute_timeout,
                    .user_agent = std::string(utf8_prefix(agent, max_user_agent))};
    if (auto added = co_await store_.add_session(session, std::move(proved)); !added)
        co_return std::unexpected(added.error());

    if (replaced_token.size() == secret_text) {
        if (auto old = co_await store_.session(digest(replaced_token)); old) {
            (void)co_await store_.end_session(old->user.id, old->session.id);
            cache_.clear();
        }
    }
    co_return SignedIn{std::move(user), std::move(session), std::move(token)};
}

asio::awaitable<Result<Caller>> Authenticator::check_session(std::string token) {
    if (token.size() != secret_text) co_return unauthenticated();
    Credential credential{Credential::Kind::session, digest(token)};
    co_return co_await check_again(std::move(credential));
}

asio::awaitable<Result<Caller>> Authenticator::check_key(std::string key) {
    if (!key.starts_with(key_mark) || key.size() != key_mark.size() + secret_text)
        co_return unauthenticated();
    Credential credential{Credential::Kind::key, digest(key)};
    co_return co_await check_again(std::move(credential));
}

asio::awaitable<Result<Caller>> Authenticator::recognise(ExternalIdentity identity) {
    Credential credential{Credential::Kind::external, identity_digest(identity)};
    auto caller = co_await check_again(credential);
    if (caller || caller.error().reason != "no_such_user") co_return caller;
    auto added = co_await add_external(credential, std::move(identity));
    if (!added) co_return std::unexpected(added.error());
    co_return co_await check_again(std::move(credential));
}

asio::awaitable<Result<void>> Authenticator::add_external(Credential credential,
                                                          ExternalIdentity identity) {
    User user;
    user.id = UserId{make_uuid7(clock_, random_)};
    user.username = external_username(credential);
    user.name = external_name(std::move(identity));
    user.created_at = clock_.now();
    UserWithPassword record{std::move(user), {}};
    auto added = co_await store_.add_user(std::move(record));
    // Two first requests at once: the other one made it.
    if (!added && added.error().reason == "username_taken") co_return Result<void>{};
    co_return added;
}

asio::awaitable<Result<Caller>> Authenticator::check_again(Credential credential) {
    if (auto known = cache_.find(credential)) co_return std::move(*known);
    auto const epoch = cache_.epoch();
    auto caller = co_await read(std::move(credential));
    if (caller) cache_.keep(*caller, epoch);
    co_return caller;
}

asio::awaitable<Result<Caller>> Authenticator::read(Credential credential) {
    switch (credential.kind) {
        case Credential::Kind::session:
            co_return co_await read_session(std::move(credential));
        case Credential::Kind::key:
            co_return co_await read_key(std::move(credential));
        case Credential::Kind::external:
            co_return co_await read_external(std::move(credential));
        case Credential::Kind::none:
            break;
    }
    co_return unauthenticated();
}

asio::awaitable<Result<Caller>> Authenticator::read_external(Credential credential) {
    auto found = co_await store_.user_by_name(external_username(credential));
    if (!found && found.error().code == Errc::not_found)
        co_return fail(Errc::unauthenticated, "nobody is known by this identity", "no_such_user");
    if (!found) co_return std::unexpected(found.error());
    if (found->user.disabled) co_return unauthenticated();
    co_return Caller{.principal = principal_of(found->user),
                     .user = found->user,
                     .session = std::nullopt,
                     .key = std::nullopt,
                     .credential = std::move(credential)};
}

asio::awaitable<Result<Caller>> Authenticator::read_session(Credential credential) {
    auto found = co_await store_.session(credential.hash);
    if (!found) co_return credential_failure(found.error());

    auto const now = clock_.now();
    auto const& [session, user] = *found;
    // Only refused: the clock may have jumped, and will jump back. The store removes what is old.
    if (!is_live(session, now) || user.disabled) co_return unauthenticated();
    if (now - session.last_used_at >= touch_interval) {
        if (auto touched = co_await store_.touch_session(session.id, now); !touched)
            log_.warning("session_not_touched", {{"reason", touched.error().message}});
    }
    co_return Caller{.principal = principal_of(user),
                     .user = user,
                     .session = session.id,
                     .key = std::nullopt,
                     .credential = std::move(credential)};
}

asio::awaitable<Result<Caller>> Authenticator::read_key(Credential credential) {
    auto found = co_await store_.key(credential.hash);
    if (!found) co_return credential_failure(found.error());

    auto const& [key, user] = *found;
    if (key.user && (!user || user->disabled)) co_return unauthenticated();
    auto const now = clock_.now();
    if (!key.last_used_at || now - *key.last_used_at >= touch_interval) {
        if (auto touched = co_await store_.touch_key(key.id, now); !touched)
            log_.warning("key_not_touched", {{"reason", touched.error().message}});
    }
    Principal principal{UserId{key.id.value}, "key:" + key.name, UserRole::user};
    if (user) principal = principal_of(*user);
    co_return Caller{.principal = std::move(principal),
                     .user = user,
                     .session = std::nullopt,
                     .key = key.id,
                     .credential = std::move(credential)};
}

asio::awaitable<Result<void>> Authenticator::sign_out(Caller caller) {
    if (!caller.session) co_return Result<void>{};
    co_return co_await end_session(caller, *caller.session);
}

asio::awaitable<Result<std::vector<Session>>> Authenticator::sessions(Caller caller) {
    auto all = co_await store_.sessions(caller.principal.id);
    if (!all) co_return std::unexpected(all.error());
    auto const now = clock_.now();
    std::erase_if(*all, [now](Session const& session) { return !is_live(session, now); });
    std::ranges::sort(*all, std::ranges::greater{}, &Session::last_used_at);
    co_return all;
}

asio::awaitable<Result<void>> Authenticator::end_session(Caller caller, SessionId id) {
    auto ended = co_await store_.end_session(caller.principal.id, id);
    cache_.clear();
    co_return ended;
}

asio::awaitable<Result<void>> Authenticator::change_password(Caller caller, Secret current,
                                                             Secret next,
                                                             asio::ip::address address) {
    if (!caller.user) co_return fail(Errc::forbidden, "an API key without a user has no password");
    if (auto good = check_new_password(next); !good) co_return std::unexpected(good.error());
    auto user = co_await store_.user(caller.principal.id);
    if (!user) co_return credential_failure(user.error());

    auto proved =
        co_await prove(user->user.username, std::move(current), address, &*user, caller.session);
    if (!proved) co_return std::unexpected(proved.error());
    if (!*proved)
        co_return fail(Errc::forbidden, "the current password is wrong", "wrong_credentials");

    auto hash = co_await passwords_.hash(std::move(next));
    if (!hash) co_return std::unexpected(hash.error());
    auto set =
        co_await store_.set_password(user->user.id, std::move(*hash), caller.session, std::nullopt);
    cache_.clear();
    co_return set;
}

asio::awaitable<Result<std::vector<ApiKey>>> Authenticator::keys(Caller caller) {
    if (!caller.user)
        co_return fail(Errc::forbidden, "an API key without a user cannot manage keys");
    co_return co_await store_.keys(caller.user->id);
}

asio::awaitable<Result<NewApiKey>> Authenticator::add_key(Caller caller, std::string name) {
    if (!caller.user)
        co_return fail(Errc::forbidden, "an API key without a user cannot manage keys");
    if (name.empty()) co_return fail(Errc::invalid_argument, "the name must not be empty");
    if (auto good = check_shown_name(name); !good) co_return std::unexpected(good.error());
    auto made = make_api_key(std::move(name), caller.user->id, clock_, random_);
    if (auto added = co_await store_.add_key(made.key); !added)
        co_return std::unexpected(added.error());
    co_return made;
}

asio::awaitable<Result<void>> Authenticator::revoke_key(Caller caller, KeyId id) {
    if (!caller.user)
        co_return fail(Errc::forbidden, "an API key without a user cannot manage keys");
    auto revoked = co_await store_.revoke_key(caller.user->id, id);
    cache_.clear();
    co_return revoked;
}

}  // namespace kaiwa::auth
