#pragma once

#include "auth/principal.hpp"
#include "base/clock.hpp"
#include "base/spawn.hpp"
#include "kaiwa/error.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kaiwa::auth {

struct User {
    UserId id;
    std::string username;  ///< Unique, 1 to 64 code points, NFC; never changes.
    std::string name;      ///< Shown; the username when empty.
    UserRole role = UserRole::user;
    bool disabled = false;
    Timestamp created_at;
    std::optional<Timestamp> last_seen_at;
};

/// A user with what checks the password: an argon2id string, or an imported `sha256:<hex>`.
struct UserWithPassword {
    User user;
    std::string password_hash;  ///< Empty: cannot sign in by password.
};

/// A signed-in browser. Only the hash of its token is stored.
struct Session {
    SessionId id;
    UserId user;
    std::string token_hash;  ///< 32 bytes, SHA-256 of the token.
    Timestamp created_at;
    Timestamp last_used_at;
    Timestamp expires_at;  ///< Absolute.
    std::string user_agent;
};

/// A key for programs. Only the hash of its text is stored.
struct ApiKey {
    KeyId id;
    std::string name;            ///< Unique among keys without a user, else per user.
    std::optional<UserId> user;  ///< Unset: a principal of its own with role user.
    std::string key_hash;        ///< 32 bytes, SHA-256.
    std::string prefix;          ///< The first characters, to recognise it by.
    Timestamp created_at;
    std::optional<Timestamp> last_used_at;
};

enum class UserSort { username, created_at, last_seen_at };
enum class SortOrder { ascending, descending };

struct UserQuery {
    std::string text;  ///< Part of username or name; empty: all.
    UserSort sort = UserSort::username;
    SortOrder order = SortOrder::ascending;
    std::size_t limit = 50;
    std::string after;  ///< Cursor of the page before; empty: the first page.
};

template <class T>
struct Page {
    std::vector<T> items;
    std::optional<std::string> next;  ///< Opaque; valid for the same query only.
};

/// What changes of a user; unset stays.
struct UserPatch {
    std::optional<std::string> name;
    std::optional<UserRole> role;
    std::optional<bool> disabled;
};

/// Keeps users, sessions and keys. Calls are made by auth on behalf of the machine before a
/// principal is known, and by administration; routes never call it directly. Thread-safe.
///
/// Everything that is revoked is revoked for the very next read, on every replica.
class UserStore {
public:
    virtual ~UserStore() = default;

    /// Fails with `conflict` (reason "username_taken").
    virtual asio::awaitable<Result<void>> add_user(UserWithPassword user) = 0;
    /// Adds `user` as the first administrator only while there is none, atomically.
    /// Fails with `conflict` (reason "setup_done" or "username_taken").
    virtual asio::awaitable<Result<void>> add_first_administrator(UserWithPassword user) = 0;
    virtual asio::awaitable<Result<bool>> has_administrator() = 0;
    /// Fails with `not_found`.
    virtual asio::awaitable<Result<UserWithPassword>> user_by_name(std::string username) = 0;
    virtual asio::awaitable<Result<UserWithPassword>> user(UserId id) = 0;
    /// The name of a user that is `username`, but for its case and the width of its characters.
    virtual asio::awaitable<Result<std::optional<std::string>>> similar_username(
        std::string username) = 0;
    /// Fails with `invalid_argument` (cursor).
    virtual asio::awaitable<Result<Page<User>>> users(UserQuery query) = 0;
    /// Disabling, and taking a role, end the user's sessions. Fails with `not_found`, or `conflict`
    /// (reason "last_administrator") when no enabled administrator would be left.
    virtual asio::awaitable<Result<User>> update_user(UserId id, UserPatch patch) = 0;
    /// Ends all sessions but `keep`. `replaced`: only while the stored hash is still this one.
    virtual asio::awaitable<Result<void>> set_password(UserId id, std::string password_hash,
                                                       std::optional<SessionId> keep,
                                                       std::optional<std::string> replaced) = 0;
    /// Deletes the user, its sessions and keys, and hides its threads and files at once.
    /// Fails with `not_found` or `conflict` (reason "last_administrator").
    virtual asio::awaitable<Result<void>> delete_user(UserId id) = 0;

    /// `proved`: only while the stored hash is still this one. Fails with `not_found` also when the
    /// user is disabled or the hash is another.
    virtual asio::awaitable<Result<void>> add_session(Session session,
                                                      std::optional<std::string> proved) = 0;
    struct SessionUser {
        Session session;
        User user;
    };
    /// The session and its user as they are now. Fails with `not_found`; expiry and idleness are
    /// the caller's to judge.
    virtual asio::awaitable<Result<SessionUser>> session(std::string token_hash) = 0;
    virtual asio::awaitable<Result<void>> touch_session(SessionId id, Timestamp used_at) = 0;
    virtual asio::awaitable<Result<std::vector<Session>>> sessions(UserId user) = 0;
    /// Fails with `not_found`, also for another user's.
    virtual asio::awaitable<Result<void>> end_session(UserId user, SessionId id) = 0;

    /// Fails with `conflict` (reason "key_name_taken").
    virtual asio::awaitable<Result<void>> add_key(ApiKey key) = 0;
    struct KeyUser {
        ApiKey key;
        std::optional<User> user;  ///< Unset for a key that stands for itself.
    };
    virtual asio::awaitable<Result<KeyUser>> key(std::string key_hash) = 0;
    virtual asio::awaitable<Result<void>> touch_key(KeyId id, Timestamp used_at) = 0;
    /// Keys of `user`; unset: all keys there are, for the command line.
    virtual asio::awaitable<Result<std::vector<ApiKey>>> keys(std::optional<UserId> user) = 0;
    virtual asio::awaitable<Result<void>> revoke_key(std::optional<UserId> user, KeyId id) = 0;
};

}  // namespace kaiwa::auth
