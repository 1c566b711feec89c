#pragma once

#include "auth/user_store.hpp"
#include "store/dynamodb/chat_store.hpp"
#include "store/dynamodb/user_row.hpp"

namespace kaiwa::store::dynamodb {

class DynamoUserStore final : public auth::UserStore {
public:
    /// `chats` hides what a person owned who is deleted.
    DynamoUserStore(Engine engine, DynamoChatStore& chats) : engine_(engine), chats_(chats) {}

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

    /// Removes the sessions and keys of a user who is no more: they open nothing, but are listed.
    asio::awaitable<Result<void>> forget(UserId id);

private:
    enum class First { no, yes };
    asio::awaitable<Result<void>> insert(auth::UserWithPassword user, First first);
    /// Writes down the id of a person whom another program added, where strangers are adopted.
    asio::awaitable<Result<void>> adopt(UserRow row);
    asio::awaitable<Result<UserRow>> row_of(UserId id);
    asio::awaitable<Result<bool>> is_replaceable(UserId id);
    asio::awaitable<Result<void>> saw(std::string username, Timestamp at);
    asio::awaitable<Result<void>> remove_sessions(UserId user);
    asio::awaitable<Result<void>> remove_key(auth::ApiKey key);

    Engine engine_;
    DynamoChatStore& chats_;
};

}  // namespace kaiwa::store::dynamodb
