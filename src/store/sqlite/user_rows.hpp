#pragma once

#include "auth/user_store.hpp"
#include "store/sqlite/connection.hpp"

namespace kaiwa::store::sqlite {

/// Reads the columns id, username, name, role, disabled, created_at, last_seen_at from `column` on.
inline auth::User read_user(Query const& row, int column) {
    auth::User user;
    user.id = row.id<UserId>(column);
    user.username = row.text(column + 1);
    user.name = row.text(column + 2);
    user.role = row.choice<auth::UserRole>(column + 3);
    user.disabled = row.boolean(column + 4);
    user.created_at = row.time(column + 5);
    user.last_seen_at = row.optional_time(column + 6);
    return user;
}

/// Hides the threads and files of an owner who is no more, and stops what runs for them.
inline void hide_belongings(Connection& db, UserId owner, Timestamp now) {
    db.run(
        "UPDATE generations SET stop_requested = 1 WHERE state = 0 AND thread IN "
        "(SELECT n FROM threads WHERE owner = ?1 AND deleted_at IS NULL)",
        owner);
    db.run("UPDATE threads SET deleted_at = ?2 WHERE owner = ?1 AND deleted_at IS NULL", owner,
           now);
    db.run("UPDATE files SET deleted_at = ?2 WHERE owner = ?1 AND deleted_at IS NULL", owner, now);
}

/// The same, and tells the cleaner to do it once more.
inline void depart(Connection& db, UserId owner, Timestamp now) {
    hide_belongings(db, owner, now);
    db.run("INSERT OR REPLACE INTO departed (id, at) VALUES (?1, ?2)", owner, now);
}

}  // namespace kaiwa::store::sqlite
