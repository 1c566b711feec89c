#pragma once

#include "auth/user_store.hpp"
#include "store/sqlite/engine.hpp"

namespace kaiwa::store::sqlite {

/// The `UserStore` in the same SQLite file as the chats.
class SqliteUserStore final : public auth::UserStore {
public:
    explicit SqliteUserStore(Engine engine) : engine_(engine) {}

    // user_store.cpp
    asio::awaitable<Result<void>> add_user(auth::UserWithPassword user) override;
    asio::awaitable<Result<void>> add_first_administrator(auth::UserWithPassword user) override;
    asio::awaitable<Result<bool>> has_administrator() override;
    asio::awaitable<Result<auth::UserWithPassword>> user_by_name(std::string username) override;
    asio::awaitable<Result<std::optional<std::string>>> similar_username(
        std::string username) override;
    asio::awaitable<Result<auth::UserWithPassword>> user(UserId id) override;
    asio::awaitable<Result<auth::Page<auth::User>>> users(auth::UserQuery query) override;
    asio::awaitable<Result<auth::User>> update_user(UserId id, auth::UserPatch patch) override;
    asio::awaitable<Result<void>> set_password(UserId id, std::string password_hash,
                                               std::optional<SessionId> keep,
                                               std::optional<std::string> replaced) override;
    asio::awaitable<Result<void>> delete_user(UserId id) override;

    // sessions.cpp
    asio::awaitable<Result<void>> add_session(auth::Session session,
                                              std::optional<std::string> proved) override;
    asio::awaitable<Result<SessionUser>> session(std::string token_hash) override;
    asio::awaitable<Result<void>> touch_session(SessionId id, Timestamp used_at) override;
    asio::awaitable<Result<std::vector<auth::Session>>> sessions(UserId user) override;
    asio::awaitable<Result<void>> end_session(UserId user, SessionId id) override;
    asio::awaitable<Result<void>> add_key(auth::ApiKey key) override;
    asio::awaitable<Result<KeyUser>> key(std::string key_hash) override;
    asio::awaitable<Result<void>> touch_key(KeyId id, Timestamp used_at) override;
    asio::awaitable<Result<std::vector<auth::ApiKey>>> keys(std::optional<UserId> user) override;
    asio::awaitable<Result<void>> revoke_key(std::optional<UserId> user, KeyId id) override;

private:
    Engine engine_;
};

}  // namespace kaiwa::store::sqlite
