#include "store/dynamodb/generation_row.hpp"
#include "store/dynamodb/keys.hpp"
#include "store/dynamodb/user_store.hpp"

#include <algorithm>

namespace kaiwa::store::dynamodb {

using auth::ApiKey;
using auth::Session;

namespace {

std::int64_t milliseconds(Timestamp time) { return time.time_since_epoch().count(); }

Timestamp time_at(Item const& item, std::string_view name) {
    return Timestamp(std::chrono::milliseconds(optional_integer(item, name).value_or(0)));
}

std::string bytes_at(Item const& item, std::string_view name) {
    auto const* value = find(item, name);
    auto const* binary = value ? value->if_binary() : nullptr;
    return binary ? binary->bytes : std::string();
}

std::string exists(Aliases& aliases) { return "attribute_exists(" + aliases.name("PK") + ")"; }

std::string absent(Aliases& aliases) { return "attribute_not_exists(" + aliases.name("PK") + ")"; }

/// A session with what says whether it still counts.
struct SessionRow {
    Session shown;
    std::string username;
    std::uint64_t epoch = 0;
};

std::optional<SessionRow> read_session(Item const& item) {
    auto const id = SessionId::parse(string_or(item, "id"));
    auto const user = UserId::parse(string_or(item, "user"));
    if (!id || !user) return std::nullopt;
    SessionRow row;
    row.shown = {*id,
                 *user,
                 bytes_at(item, "hash"),
                 time_at(item, "created"),
                 time_at(item, "used"),
                 time_at(item, "expires"),
                 string_or(item, "agent")};
    row.username = string_or(item, "username");
    row.epoch = static_cast<std::uint64_t>(optional_integer(item, "epoch").value_or(0));
    return row;
}

Item session_item(Session const& session, UserRow const& user) {
    auto item = token_key(session.token_hash).item();
    Item own{{"id", session.id.text()},
             {"user", session.user.text()},
             {"username", user.shown.user.username},
             {"hash", Value::Binary{session.token_hash}},
             {"created", milliseconds(session.created_at)},
             {"used", milliseconds(session.last_used_at)},
             {"expires", milliseconds(session.expires_at)},
             {"agent", session.user_agent},
             {"epoch", user.session_epoch},
             {"UserThreadPK", expiring_sessions},
             {"UserThreadSK", index_time(session.expires_at)},
             {expiry_attribute, epoch_seconds(session.expires_at)}};
    item.merge(own);
    return item;
}

/// Finds the session by its id, and for its person.
std::vector<Item> session_pointers(Session const& session) {
    auto by_id = session_key(session.id).item();
    by_id.emplace("hash", Value::Binary{session.token_hash});
    by_id.emplace("user", session.user.text());
    by_id.emplace(expiry_attribute, epoch_seconds(session.expires_at));
    auto by_user = user_session_key(session.user, session.id).item();
    by_user.emplace("hash", Value::Binary{session.token_hash});
    by_user.emplace(expiry_attribute, epoch_seconds(session.expires_at));
    return {std::move(by_id), std::move(by_user)};
}

std::string key_owner(std::optional<UserId> const& user) { return user ? user->text() : "-"; }

Key key_name_key(ApiKey const& key) {
    return {std::string(key_names_partition),
            fmt::format("KEY#{}#{}", key_owner(key.user), key.name)};
}

std::optional<ApiKey> read_key(Item const& item) {
    auto const id = KeyId::parse(string_or(item, "id"));
    if (!id) return std::nullopt;
    ApiKey key;
    key.id = *id;
    key.name = string_or(item, "name");
    key.user = UserId::parse(string_or(item, "user"));
    key.key_hash = bytes_at(item, "hash");
    key.prefix = string_or(item, "prefix");
    key.created_at = time_at(item, "created");
    if (optional_integer(item, "used")) key.last_used_at = time_at(item, "used");
    return key;
}

}  // namespace

asio::awaitable<Result<void>> DynamoUserStore::saw(std::string username, Timestamp at) {
    Aliases aliases;
    Update update(aliases);
    update.set("lastSeenAt", to_iso(at));
    auto const text = update.text();
    auto const seen = aliases.name("lastSeenAt");
    auto const condition = fmt::format(
        "attribute_exists({}) AND (attribute_not_exists({}) OR {} < {})", aliases.name("username"),
        seen, seen, aliases.value(to_iso(at)));
    auto written = co_await engine_.users.update(user_name_key(username), aliases, text, condition);
    if (!written) co_return std::unexpected(written.error());
    co_return Result<void>{};
}

asio::awaitable<Result<void>> DynamoUserStore::add_session(Session session,
                                                           std::optional<std::string> proved) {
    // What changes behind this look moves the epoch on, and the session is over before it began.
    auto const user = co_await row_of(session.user);
    if (!user) co_return std::unexpected(user.error());
    bool const refused =
        user->shown.user.disabled || (proved && *proved != user->shown.password_hash);
    if (refused) co_return not_found();
    auto const& table = engine_.table;
    Aliases same;
    auto const id = same.name("id");
    auto const still = fmt::format("{} = {}", id, same.value(session.user.text()));
    std::vector<Action> actions;
    actions.push_back(engine_.users.check_action(user_name_key(user->shown.user.username), same,
                                                 still));
    actions.push_back(table.put_action(session_item(session, *user)));
    for (auto const& pointer : session_pointers(session))
        actions.push_back(table.put_action(pointer));
    auto done = co_await engine_.table.transact(std::move(actions));
    if (!done) co_return std::unexpected(done.error());
    if (!done->done) co_return not_found();
    co_return co_await saw(user->shown.user.username, session.last_used_at);
}

asio::awaitable<Result<auth::UserStore::SessionUser>> DynamoUserStore::session(
    std::string token_hash) {
    auto item = co_await engine_.table.get(token_key(token_hash));
    if (!item) co_return std::unexpected(item.error());
    auto session = *item ? read_session(**item) : std::nullopt;
    if (!session || session->username.empty()) co_return not_found();
    auto user_item_now = co_await engine_.users.get(user_name_key(session->username));
    if (!user_item_now) co_return std::unexpected(user_item_now.error());
    if (!*user_item_now) co_return not_found();
    auto user = read_user(**user_item_now);
    bool const current =
        user.shown.user.id == session->shown.user && user.session_epoch == session->epoch;
    if (!current) co_return not_found();
    co_return SessionUser{std::move(session->shown), std::move(user.shown.user)};
}

asio::awaitable<Result<void>> DynamoUserStore::touch_session(SessionId id, Timestamp used_at) {
    auto pointer = co_await engine_.table.get(session_key(id));
    if (!pointer) co_return std::unexpected(pointer.error());
    if (!*pointer) co_return not_found();
    Aliases aliases;
    Update update(aliases);
    update.set("used", milliseconds(used_at));
    auto const text = update.text();
    auto condition = exists(aliases);
    condition += fmt::format(" AND {} <= {}", aliases.name("used"),
                             aliases.value(milliseconds(used_at)));
    auto written = co_await engine_.table.update(token_key(bytes_at(**pointer, "hash")).item(),
                                                 aliases, text, condition);
    if (!written) co_return std::unexpected(written.error());
    if (!written->item) co_return not_found();
    co_return co_await saw(string_or(*written->item, "username"), used_at);
}

asio::awaitable<Result<std::vector<Session>>> DynamoUserStore::sessions(UserId user) {
    std::vector<Session> out;
    auto const row = co_await row_of(user);
    if (!row && row.error().code == Errc::not_found) co_return out;
    if (!row) co_return std::unexpected(row.error());
    Query query{.pk = user_partition(user), .prefix = "SESSION#"};
    auto pointers = co_await engine_.table.query_all(std::move(query));
    if (!pointers) co_return std::unexpected(pointers.error());
    std::vector<Key> keys;
    for (auto const& pointer : *pointers) keys.push_back(token_key(bytes_at(pointer, "hash")));
    auto items = co_await engine_.table.batch_get(std::move(keys));
    if (!items) co_return std::unexpected(items.error());
    for (auto const& item : *items) {
        auto session = read_session(item);
        if (session && session->shown.user == user && session->epoch == row->session_epoch)
            out.push_back(std::move(session->shown));
    }
    std::ranges::sort(out, [](Session const& a, Session const& b) {
        return a.last_used_at != b.last_used_at ? a.last_used_at > b.last_used_at : a.id < b.id;
    });
    co_return out;
}

asio::awaitable<Result<void>> DynamoUserStore::end_session(UserId user, SessionId id) {
    auto pointer = co_await engine_.table.get(session_key(id));
    if (!pointer) co_return std::unexpected(pointer.error());
    if (!*pointer || string_or(**pointer, "user") != user.text()) co_return not_found();
    auto const& table = engine_.table;
    Aliases there;
    auto const condition = exists(there);
    std::vector<Action> actions;
    actions.push_back(table.remove_action(session_key(id).item(), there, condition));
    actions.push_back(table.remove_action(token_key(bytes_at(**pointer, "hash")).item()));
    actions.push_back(table.remove_action(user_session_key(user, id).item()));
    auto done = co_await engine_.table.transact(std::move(actions));
    if (!done) co_return std::unexpected(done.error());
    if (!done->done) co_return not_found();
    co_return Result<void>{};
}

asio::awaitable<Result<void>> DynamoUserStore::remove_sessions(UserId user) {
    Query query{.pk = user_partition(user), .prefix = "SESSION#"};
    auto pointers = co_await engine_.table.query_all(std::move(query));
    if (!pointers) co_return std::unexpected(pointers.error());
    std::vector<Key> keys;
    for (auto const& pointer : *pointers) {
        auto const sort = string_or(pointer, "SK");
        keys.push_back({string_or(pointer, "PK"), sort});
        keys.push_back(token_key(bytes_at(pointer, "hash")));
        if (auto const id = SessionId::parse(std::string_view(sort).substr(8)))
            keys.push_back(session_key(*id));
    }
    co_return co_await engine_.table.batch_remove(std::move(keys));
}

asio::awaitable<Result<void>> DynamoUserStore::add_key(ApiKey key) {
    auto const& table = engine_.table;
    std::vector<Action> actions;
    Aliases free;
    auto const is_free = absent(free);
    auto name_item = key_name_key(key).item();
    name_item.emplace("hash", Value::Binary{key.key_hash});
    actions.push_back(table.put_action(name_item, free, is_free));
    auto item = api_key_key(key.key_hash).item();
    Item own{{"id", key.id.text()},
             {"name", key.name},
             {"user", key.user ? Value(key.user->text()) : Value()},
             {"hash", Value::Binary{key.key_hash}},
             {"prefix", key.prefix},
             {"created", milliseconds(key.created_at)}};
    if (key.last_used_at) own.emplace("used", milliseconds(*key.last_used_at));
    item.merge(own);
    actions.push_back(table.put_action(item));
    auto by_id = api_key_id_key(key.id).item();
    by_id.emplace("hash", Value::Binary{key.key_hash});
    actions.push_back(table.put_action(by_id));
    if (key.user) {
        Aliases there;
        auto const condition = exists(there);
        actions.push_back(table.check_action(user_key(*key.user).item(), there, condition));
    }
    auto done = co_await engine_.table.transact(std::move(actions));
    if (!done) co_return std::unexpected(done.error());
    if (done->refused_at(0))
        co_return fail(Errc::conflict, "there is a key of this name; choose another",
                       "key_name_taken");
    if (!done->done) co_return not_found();
    co_return Result<void>{};
}

asio::awaitable<Result<auth::UserStore::KeyUser>> DynamoUserStore::key(std::string key_hash) {
    auto item = co_await engine_.table.get(api_key_key(key_hash));
    if (!item) co_return std::unexpected(item.error());
    auto found = *item ? read_key(**item) : std::nullopt;
    if (!found) co_return not_found();
    KeyUser out{std::move(*found), std::nullopt};
    if (out.key.user) {
        auto user = co_await row_of(*out.key.user);
        if (!user) co_return std::unexpected(user.error());
        out.user = std::move(user->shown.user);
    }
    co_return out;
}

asio::awaitable<Result<void>> DynamoUserStore::touch_key(KeyId id, Timestamp used_at) {
    auto pointer = co_await engine_.table.get(api_key_id_key(id));
    if (!pointer) co_return std::unexpected(pointer.error());
    if (!*pointer) co_return not_found();
    Aliases aliases;
    Update update(aliases);
    update.set("used", milliseconds(used_at));
    auto const text = update.text();
    auto const condition = exists(aliases);
    auto written = co_await engine_.table.update(api_key_key(bytes_at(**pointer, "hash")).item(),
                                                 aliases, text, condition);
    if (!written) co_return std::unexpected(written.error());
    if (!written->done) co_return not_found();
    auto const user = UserId::parse(string_or(*written->item, "user"));
    if (!user) co_return Result<void>{};
    auto const row = co_await row_of(*user);
    if (!row) co_return std::unexpected(row.error());
    co_return co_await saw(row->shown.user.username, used_at);
}

asio::awaitable<Result<std::vector<ApiKey>>> DynamoUserStore::keys(std::optional<UserId> user) {
    Query query{.pk = std::string(key_names_partition),
                .prefix = user ? fmt::format("KEY#{}#", user->text()) : std::string("KEY#")};
    auto names = co_await engine_.table.query_all(std::move(query));
    if (!names) co_return std::unexpected(names.error());
    std::vector<Key> wanted;
    for (auto const& name : *names) wanted.push_back(api_key_key(bytes_at(name, "hash")));
    auto items = co_await engine_.table.batch_get(std::move(wanted));
    if (!items) co_return std::unexpected(items.error());
    std::vector<ApiKey> out;
    for (auto const& item : *items)
        if (auto key = read_key(item)) out.push_back(std::move(*key));
    std::ranges::sort(out, [](ApiKey const& a, ApiKey const& b) {
        return a.created_at != b.created_at ? a.created_at < b.created_at : a.name < b.name;
    });
    co_return out;
}

namespace {

/// A key without a user owns what was made with it.
auth::Principal owner_of(ApiKey const& key) {
    return {UserId{key.id.value}, "key:" + key.name, auth::UserRole::user};
}

}  // namespace

asio::awaitable<Result<void>> DynamoUserStore::remove_key(ApiKey key) {
    auto const& table = engine_.table;
    Aliases there;
    auto const condition = exists(there);
    std::vector<Action> actions;
    actions.push_back(table.remove_action(api_key_id_key(key.id).item(), there, condition));
    actions.push_back(table.remove_action(api_key_key(key.key_hash).item()));
    actions.push_back(table.remove_action(key_name_key(key).item()));
    if (!key.user)
        actions.push_back(table.put_action(departed_item(owner_of(key), engine_.clock.now())));
    auto done = co_await engine_.table.transact(std::move(actions));
    if (!done) co_return std::unexpected(done.error());
    if (!done->done) co_return not_found();
    co_return Result<void>{};
}

asio::awaitable<Result<void>> DynamoUserStore::revoke_key(std::optional<UserId> user, KeyId id) {
    auto pointer = co_await engine_.table.get(api_key_id_key(id));
    if (!pointer) co_return std::unexpected(pointer.error());
    if (!*pointer) co_return not_found();
    auto item = co_await engine_.table.get(api_key_key(bytes_at(**pointer, "hash")));
    if (!item) co_return std::unexpected(item.error());
    auto const key = *item ? read_key(**item) : std::nullopt;
    if (!key || (user && key->user != user)) co_return not_found();
    auto removed = co_await remove_key(*key);
    if (!removed || key->user) co_return removed;
    auto const who = owner_of(*key);
    co_return co_await chats_.hide_belongings(who.username, who);
}

}  // namespace kaiwa::store::dynamodb
