#include "store/sqlite/user_store.hpp"

#include "store/common/text_fold.hpp"
#include "store/sqlite/chat_rows.hpp"
#include "store/sqlite/user_rows.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kaiwa::store::sqlite {

using auth::SortOrder;
using auth::User;
using auth::UserRole;
using auth::UserSort;
using auth::UserWithPassword;

namespace {

bool is_taken(Connection& db, std::string_view username) {
    return db.query("SELECT 1 FROM users WHERE username = ?1", username).row();
}

bool administrator_exists(Connection& db) {
    return db.query("SELECT 1 FROM users WHERE role = ?1 LIMIT 1", UserRole::administrator).row();
}

/// Whether somebody else could administrate without `id`.
bool is_replaceable(Connection& db, UserId id) {
    return db
        .query("SELECT 1 FROM users WHERE role = ?1 AND disabled = 0 AND id <> ?2 LIMIT 1",
               UserRole::administrator, id)
        .row();
}

std::unexpected<Error> last_administrator() {
    return fail(Errc::conflict,
                "this is the last administrator; make another user administrator first",
                "last_administrator");
}

Result<void> insert_user(Connection& db, UserWithPassword const& added) {
    auto const& user = added.user;
    if (is_taken(db, user.username)) {
        return fail(Errc::conflict, "the username is taken; choose another", "username_taken");
    }
    db.run(
        "INSERT INTO users (id, username, name, role, disabled, created_at, last_seen_at, "
        "password_hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        user.id, user.username, user.name, user.role, user.disabled, user.created_at,
        user.last_seen_at, added.password_hash);
    return {};
}

std::optional<UserWithPassword> find_user(Connection& db, UserId id) {
    auto row = db.query(
        "SELECT id, username, name, role, disabled, created_at, last_seen_at, password_hash "
        "FROM users WHERE id = ?1",
        id);
    if (!row.row()) return std::nullopt;
    return UserWithPassword{read_user(row, 0), row.text(7)};
}

Result<User> change_user(Connection& db, UserId id, auth::UserPatch const& patch) {
    auto found = find_user(db, id);
    if (!found) return not_found();
    auto& user = found->user;
    bool const administrated = user.role == UserRole::administrator && !user.disabled;
    bool const demoted = patch.role && *patch.role < user.role;
    user.name = patch.name.value_or(user.name);
    user.role = patch.role.value_or(user.role);
    user.disabled = patch.disabled.value_or(user.disabled);
    bool const administrates = user.role == UserRole::administrator && !user.disabled;
    if (administrated && !administrates && !is_replaceable(db, id)) return last_administrator();

    db.run("UPDATE users SET name = ?2, role = ?3, disabled = ?4 WHERE id = ?1", id, user.name,
           user.role, user.disabled);
    if (user.disabled || demoted) db.run("DELETE FROM sessions WHERE user = ?1", id);
    return user;
}

Result<void> remove_user(Connection& db, UserId id, Timestamp now) {
    auto const found = find_user(db, id);
    if (!found) return not_found();
    bool const administrates = found->user.role == UserRole::administrator && !found->user.disabled;
    if (administrates && !is_replaceable(db, id)) return last_administrator();
    depart(db, id, now);
    db.run("DELETE FROM users WHERE id = ?1", id);  // its sessions and keys go with it
    return {};
}

Result<void> change_password(Connection& db, UserId id, std::string_view hash,
                             std::optional<SessionId> keep,
                             std::optional<std::string> const& replaced) {
    auto const found = find_user(db, id);
    if (!found) return not_found();
    if (replaced && *replaced != found->password_hash) {
        return fail(Errc::conflict, "the password was changed meanwhile; sign in again",
                    "password_changed");
    }
    db.run("UPDATE users SET password_hash = ?2 WHERE id = ?1", id, hash);
    db.run("DELETE FROM sessions WHERE user = ?1 AND id IS NOT ?2", id, keep);
    return {};
}

/// One statement for each order that a list of users can have: SQL text is never put together.
/// ?1 and ?2 are the sort key and id that the page begins behind, ?3 says that there is such a
/// place.
Query query_users(Connection& db, auth::UserQuery const& query, std::string_view key_text,
                  std::int64_t key_number, std::string_view id, bool from_start) {
    bool const ascending = query.order == SortOrder::ascending;
    switch (query.sort) {
        case UserSort::username:
            if (ascending) {
                return db.query(
                    "SELECT id, username, name, role, disabled, created_at, last_seen_at "
                    "FROM users WHERE ?3 OR (username, id) > (?1, ?2) ORDER BY username, id",
                    key_text, Bytes{id}, from_start);
            }
            return db.query(
                "SELECT id, username, name, role, disabled, created_at, last_seen_at "
                "FROM users WHERE ?3 OR (username, id) < (?1, ?2) "
                "ORDER BY username DESC, id DESC",
                key_text, Bytes{id}, from_start);
        case UserSort::created_at:
            if (ascending) {
                return db.query(
                    "SELECT id, username, name, role, disabled, created_at, last_seen_at "
                    "FROM users WHERE ?3 OR (created_at, id) > (?1, ?2) ORDER BY created_at, id",
                    key_number, Bytes{id}, from_start);
            }
            return db.query(
                "SELECT id, username, name, role, disabled, created_at, last_seen_at "
                "FROM users WHERE ?3 OR (created_at, id) < (?1, ?2) "
                "ORDER BY created_at DESC, id DESC",
                key_number, Bytes{id}, from_start);
        case UserSort::last_seen_at:
            break;
    }
    if (ascending) {
        return db.query(
            "SELECT id, username, name, role, disabled, created_at, last_seen_at "
            "FROM users WHERE ?3 OR (ifnull(last_seen_at, -1), id) > (?1, ?2) "
            "ORDER BY ifnull(last_seen_at, -1), id",
            key_number, Bytes{id}, from_start);
    }
    return db.query(
        "SELECT id, username, name, role, disabled, created_at, last_seen_at "
        "FROM users WHERE ?3 OR (ifnull(last_seen_at, -1), id) < (?1, ?2) "
        "ORDER BY ifnull(last_seen_at, -1) DESC, id DESC",
        key_number, Bytes{id}, from_start);
}

std::int64_t sort_number(User const& user, UserSort sort) {
    if (sort == UserSort::created_at) return user.created_at.time_since_epoch().count();
    return user.last_seen_at ? user.last_seen_at->time_since_epoch().count() : -1;
}

std::string_view id_bytes(UserId const& id) {
    return {reinterpret_cast<char const*>(id.value.bytes.data()), id.value.bytes.size()};
}

/// A user's place in the list: the number it is sorted by, then its id and its username.
Place place_of(User const& user, UserSort sort) {
    return {{sort_number(user, sort)}, std::string(id_bytes(user.id)) + user.username};
}

Result<auth::Page<User>> list_users(Connection& db, auth::UserQuery const& query,
                                    std::optional<Place> const& after) {
    auto const text = after ? std::string_view(after->text) : std::string_view();
    auto const id = text.substr(0, std::min<std::size_t>(text.size(), sizeof(UserId)));
    auto const wanted = fold_text(query.text);
    auto row =
        query_users(db, query, text.substr(id.size()), after ? after->numbers[0] : 0, id, !after);
    auth::Page<User> page;
    while (row.row()) {
        auto user = read_user(row, 0);
        bool const fits = wanted.empty() || fold_text(user.username).contains(wanted) ||
                          fold_text(user.name).contains(wanted);
        if (!fits) continue;
        if (page.items.size() == query.limit) {
            page.next.emplace();  // there is more
            break;
        }
        page.items.push_back(std::move(user));
    }
    return page;
}

}  // namespace

asio::awaitable<Result<void>> SqliteUserStore::add_user(UserWithPassword user) {
    auto work = [user = std::move(user)](Connection& db) { return insert_user(db, user); };
    co_return co_await engine_.writer.run(std::move(work));
}

asio::awaitable<Result<void>> SqliteUserStore::add_first_administrator(UserWithPassword user) {
    auto work = [user = std::move(user)](Connection& db) -> Result<void> {
        if (administrator_exists(db)) {
            return fail(Errc::conflict, "there is an administrator already; sign in", "setup_done");
        }
        auto first = user;
        first.user.role = UserRole::administrator;
        return insert_user(db, first);
    };
    co_return co_await engine_.writer.run(std::move(work));
}

asio::awaitable<Result<bool>> SqliteUserStore::has_administrator() {
    auto work = [](Connection& db) -> Result<bool> { return administrator_exists(db); };
    co_return co_await engine_.readers.run(std::move(work));
}

asio::awaitable<Result<std::optional<std::string>>> SqliteUserStore::similar_username(
    std::string username) {
    auto work = [wanted = fold_text(username)](
                    Connection& db) -> Result<std::optional<std::string>> {
        auto row = db.query("SELECT username FROM users");
        while (row.row())
            if (fold_text(row.view(0)) == wanted) return row.text(0);
        return std::nullopt;
    };
    co_return co_await engine_.readers.run(std::move(work));
}

asio::awaitable<Result<UserWithPassword>> SqliteUserStore::user_by_name(std::string username) {
    auto work = [username = std::move(username)](Connection& db) -> Result<UserWithPassword> {
        auto row = db.query("SELECT id FROM users WHERE username = ?1", username);
        if (!row.row()) return not_found();
        auto user = find_user(db, row.id<UserId>(0));
        if (!user) return not_found();
        return std::move(*user);
    };
    co_return co_await engine_.readers.run(std::move(work));
}

asio::awaitable<Result<UserWithPassword>> SqliteUserStore::user(UserId id) {
    auto work = [id](Connection& db) -> Result<UserWithPassword> {
        auto user = find_user(db, id);
        if (!user) return not_found();
        return std::move(*user);
    };
    co_return co_await engine_.readers.run(std::move(work));
}

asio::awaitable<Result<auth::Page<User>>> SqliteUserStore::users(auth::UserQuery query) {
    query.limit = page_size(query.limit);
    auto const list = fmt::format("users/{}/{}/{}", static_cast<int>(query.sort),
                                  static_cast<int>(query.order), query.text);
    std::optional<Place> after;
    if (!query.after.empty()) {
        auto const opened = engine_.cursors.open(list, query.after);
        if (!opened) co_return std::unexpected(opened.error());
        auto place = Place::read(*opened, 1);
        if (!place) co_return std::unexpected(place.error());
        after = std::move(*place);
    }
    auto work = [query, after, list,
                 &cursors = engine_.cursors](Connection& db) -> Result<auth::Page<User>> {
        auto page = list_users(db, query, after);
        if (page && page->next) {
            page->next = cursors.seal(list, place_of(page->items.back(), query.sort).bytes());
        }
        return page;
    };
    co_return co_await engine_.readers.run(std::move(work));
}

asio::awaitable<Result<User>> SqliteUserStore::update_user(UserId id, auth::UserPatch patch) {
    auto work = [id, patch = std::move(patch)](Connection& db) {
        return change_user(db, id, patch);
    };
    co_return co_await engine_.writer.run(std::move(work));
}

asio::awaitable<Result<void>> SqliteUserStore::set_password(UserId id, std::string password_hash,
                                                            std::optional<SessionId> keep,
                                                            std::optional<std::string> replaced) {
    auto work = [id, hash = std::move(password_hash), keep, replaced = std::move(replaced)](
                    Connection& db) { return change_password(db, id, hash, keep, replaced); };
    co_return co_await engine_.writer.run(std::move(work));
}

asio::awaitable<Result<void>> SqliteUserStore::delete_user(UserId id) {
    auto work = [id, &clock = engine_.clock](Connection& db) {
        return remove_user(db, id, clock.now());
    };
    co_return co_await engine_.writer.run(std::move(work));
}

}  // namespace kaiwa::store::sqlite
