#include "store/sqlite/chat_rows.hpp"
#include "store/sqlite/user_rows.hpp"
#include "store/sqlite/user_store.hpp"

namespace kaiwa::store::sqlite {

using auth::ApiKey;
using auth::Session;

namespace {

/// Reads id, user, token_hash, created_at, last_used_at, expires_at, user_agent.
Session read_session(Query const& row) {
    return {row.id<SessionId>(0), row.id<UserId>(1), row.text(2), row.time(3),
            row.time(4),          row.time(5),       row.text(6)};
}

/// Reads id, name, user, key_hash, prefix, created_at, last_used_at.
ApiKey read_key(Query const& row) {
    return {row.id<KeyId>(0), row.text(1), row.optional_id<UserId>(2), row.text(3),
            row.text(4),      row.time(5), row.optional_time(6)};
}

Result<void> insert_session(Connection& db, Session const& session,
                            std::optional<std::string> const& proved) {
    auto const added = db.run(
        "INSERT INTO sessions (id, user, token_hash, created_at, last_used_at, expires_at, "
        "user_agent) SELECT ?1, u.id, ?3, ?4, ?5, ?6, ?7 FROM users u WHERE u.id = ?2 "
        "AND u.disabled = 0 AND u.password_hash = ifnull(?8, u.password_hash)",
        session.id, session.user, Bytes{session.token_hash}, session.created_at,
        session.last_used_at, session.expires_at, session.user_agent, proved);
    if (added == 0) return not_found();
    db.run("UPDATE users SET last_seen_at = ?2 WHERE id = ?1", session.user, session.last_used_at);
    return {};
}

Result<void> insert_key(Connection& db, ApiKey const& key) {
    auto const taken =
        db.query("SELECT 1 FROM api_keys WHERE ifnull(user, x'') = ifnull(?1, x'') AND name = ?2",
                 key.user, key.name)
            .row();
    if (taken) {
        return fail(Errc::conflict, "there is a key of this name; choose another",
                    "key_name_taken");
    }
    if (key.user && !db.query("SELECT 1 FROM users WHERE id = ?1", *key.user).row()) {
        return not_found();
    }
    db.run(
        "INSERT INTO api_keys (id, name, user, key_hash, prefix, created_at, last_used_at) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        key.id, key.name, key.user, Bytes{key.key_hash}, key.prefix, key.created_at,
        key.last_used_at);
    return {};
}

Result<void> remove_key(Connection& db, std::optional<UserId> user, KeyId id, Timestamp now) {
    auto row = db.query("SELECT user FROM api_keys WHERE id = ?1", id);
    if (!row.row()) return not_found();
    auto const owner = row.optional_id<UserId>(0);
    if (user && owner != user) return not_found();
    db.run("DELETE FROM api_keys WHERE id = ?1", id);
    // A key without a user owns what was made with it.
    if (!owner) depart(db, UserId{id.value}, now);
    return {};
}

}  // namespace

asio::awaitable<Result<void>> SqliteUserStore::add_session(Session session,
                                                           std::optional<std::string> proved) {
    auto work = [session = std::move(session), proved = std::move(proved)](Connection& db) {
        return insert_session(db, session, proved);
    };
    co_return co_await engine_.writer.run(std::move(work));
}

asio::awaitable<Result<auth::UserStore::SessionUser>> SqliteUserStore::session(
    std::string token_hash) {
    auto work = [hash = std::move(token_hash)](Connection& db) -> Result<SessionUser> {
        auto row = db.query(
            "SELECT s.id, s.user, s.token_hash, s.created_at, s.last_used_at, s.expires_at, "
            "s.user_agent, u.id, u.username, u.name, u.role, u.disabled, u.created_at, "
            "u.last_seen_at FROM sessions s JOIN users u ON u.id = s.user WHERE s.token_hash = ?1",
            Bytes{hash});
        if (!row.row()) return not_found();
        return SessionUser{read_session(row), read_user(row, 7)};
    };
    co_return co_await engine_.readers.run(std::move(work));
}

asio::awaitable<Result<void>> SqliteUserStore::touch_session(SessionId id, Timestamp used_at) {
    auto work = [id, used_at](Connection& db) -> Result<void> {
        auto const touched = db.run(
            "UPDATE sessions SET last_used_at = max(last_used_at, ?2) WHERE id = ?1", id, used_at);
        if (touched == 0) return not_found();
        db.run(
            "UPDATE users SET last_seen_at = max(ifnull(last_seen_at, 0), ?2) "
            "WHERE id = (SELECT user FROM sessions WHERE id = ?1)",
            id, used_at);
        return {};
    };
    co_return co_await engine_.writer.run(std::move(work));
}

asio::awaitable<Result<std::vector<Session>>> SqliteUserStore::sessions(UserId user) {
    auto work = [user](Connection& db) -> Result<std::vector<Session>> {
        auto row = db.query(
            "SELECT id, user, token_hash, created_at, last_used_at, expires_at, user_agent "
            "FROM sessions WHERE user = ?1 ORDER BY last_used_at DESC, id",
            user);
        std::vector<Session> out;
        while (row.row()) out.push_back(read_session(row));
        return out;
    };
    co_return co_await engine_.readers.run(std::move(work));
}

asio::awaitable<Result<void>> SqliteUserStore::end_session(UserId user, SessionId id) {
    auto work = [user, id](Connection& db) -> Result<void> {
        auto const ended = db.run("DELETE FROM sessions WHERE id = ?1 AND user = ?2", id, user);
        if (ended == 0) return not_found();
        return {};
    };
    co_return co_await engine_.writer.run(std::move(work));
}

asio::awaitable<Result<void>> SqliteUserStore::add_key(ApiKey key) {
    auto work = [key = std::move(key)](Connection& db) { return insert_key(db, key); };
    co_return co_await engine_.writer.run(std::move(work));
}

asio::awaitable<Result<auth::UserStore::KeyUser>> SqliteUserStore::key(std::string key_hash) {
    auto work = [hash = std::move(key_hash)](Connection& db) -> Result<KeyUser> {
        auto row = db.query(
            "SELECT k.id, k.name, k.user, k.key_hash, k.prefix, k.created_at, k.last_used_at, "
            "u.id, u.username, u.name, u.role, u.disabled, u.created_at, u.last_seen_at "
            "FROM api_keys k LEFT JOIN users u ON u.id = k.user WHERE k.key_hash = ?1",
            Bytes{hash});
        if (!row.row()) return not_found();
        KeyUser found{read_key(row), std::nullopt};
        if (found.key.user) found.user = read_user(row, 7);
        return found;
    };
    co_return co_await engine_.readers.run(std::move(work));
}

asio::awaitable<Result<void>> SqliteUserStore::touch_key(KeyId id, Timestamp used_at) {
    auto work = [id, used_at](Connection& db) -> Result<void> {
        auto const touched = db.run(
            "UPDATE api_keys SET last_used_at = max(ifnull(last_used_at, 0), ?2) WHERE id = ?1", id,
            used_at);
        if (touched == 0) return not_found();
        db.run(
            "UPDATE users SET last_seen_at = max(ifnull(last_seen_at, 0), ?2) "
            "WHERE id = (SELECT user FROM api_keys WHERE id = ?1)",
            id, used_at);
        return {};
    };
    co_return co_await engine_.writer.run(std::move(work));
}

asio::awaitable<Result<std::vector<ApiKey>>> SqliteUserStore::keys(std::optional<UserId> user) {
    auto work = [user](Connection& db) -> Result<std::vector<ApiKey>> {
        auto row = db.query(
            "SELECT id, name, user, key_hash, prefix, created_at, last_used_at FROM api_keys "
            "WHERE ?1 IS NULL OR user = ?1 ORDER BY created_at, name",
            user);
        std::vector<ApiKey> out;
        while (row.row()) out.push_back(read_key(row));
        return out;
    };
    co_return co_await engine_.readers.run(std::move(work));
}

asio::awaitable<Result<void>> SqliteUserStore::revoke_key(std::optional<UserId> user, KeyId id) {
    auto work = [user, id, &clock = engine_.clock](Connection& db) {
        return remove_key(db, user, id, clock.now());
    };
    co_return co_await engine_.writer.run(std::move(work));
}

}  // namespace kaiwa::store::sqlite
