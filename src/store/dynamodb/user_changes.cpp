#include "auth/user_administration.hpp"
#include "store/dynamodb/keys.hpp"
#include "store/dynamodb/user_store.hpp"

#include <algorithm>

/// What changes a user that is there: roles, passwords, and the end of one.
namespace kaiwa::store::dynamodb {

using auth::User;
using auth::UserRole;

namespace {

std::unexpected<Error> last_administrator() {
    return fail(Errc::conflict,
                "this is the last administrator; make another user administrator first",
                "last_administrator");
}

/// Makes somebody administrator, or no administrator any more, in the one item that knows all.
Action administrators_change(Table const& table, UserRow const& before, User const& after) {
    bool const is = after.role == UserRole::administrator;
    bool const active = is && !after.disabled;
    Aliases aliases;
    Update update(aliases);
    std::string condition;
    if (is)
        update.add("all", set_of(after.id));
    else
        update.take_from_set("all", set_of(after.id));
    if (active) {
        update.add("enabled", set_of(after.id));
    } else {
        update.take_from_set("enabled", set_of(after.id));
        if (before.administrates()) {
            auto const name = aliases.name("enabled");
            condition = fmt::format("size({}) > {}", name, aliases.value(1));
        }
    }
    return table.update_action(administrators_key().item(), aliases, update.text(), condition);
}

/// Holds while the row is as it was read, in what decides who may do what.
std::string is_unchanged(UserRow const& row, Aliases& aliases) {
    auto const same = [&aliases](std::string_view name, std::optional<Value> value) {
        auto const alias = aliases.name(name);
        if (!value) return fmt::format("attribute_not_exists({})", alias);
        return fmt::format("{} = {}", alias, aliases.value(std::move(*value)));
    };
    auto const& user = row.shown.user;
    auto const disabled = row.has_disabled ? std::optional<Value>(user.disabled) : std::nullopt;
    return fmt::format("{} AND {} AND {}", same("id", Value(user.id.text())),
                       same("role", row.role), same("disabled", disabled));
}

}  // namespace

asio::awaitable<Result<bool>> DynamoUserStore::is_replaceable(UserId id) {
    auto item = co_await engine_.table.get(administrators_key());
    if (!item) co_return std::unexpected(item.error());
    auto const* enabled = *item ? find(**item, "enabled") : nullptr;
    auto const* set = enabled ? enabled->if_set() : nullptr;
    co_return set&& std::ranges::any_of(
        set->members, [&](std::string const& member) { return member != id.text(); });
}

asio::awaitable<Result<User>> DynamoUserStore::update_user(UserId id, auth::UserPatch patch) {
    Backoff backoff(engine_.random);
    for (;;) {
        auto before = co_await row_of(id);
        if (!before) co_return std::unexpected(before.error());
        auto user = before->shown.user;
        bool const demoted = patch.role && *patch.role < user.role;
        user.name = patch.name.value_or(user.name);
        user.role = patch.role.value_or(user.role);
        user.disabled = patch.disabled.value_or(user.disabled);
        bool const administrates = user.role == UserRole::administrator && !user.disabled;
        if (before->administrates() && !administrates) {
            auto const replaceable = co_await is_replaceable(id);
            if (!replaceable) co_return std::unexpected(replaceable.error());
            if (!*replaceable) co_return last_administrator();
        }
        Aliases aliases;
        Update update(aliases);
        update.set("name", user.name).set("disabled", user.disabled);
        if (patch.role) update.set("role", auth::to_string(user.role));
        if (user.disabled || demoted) update.add("sessionEpoch", 1);
        auto const text = update.text();
        auto const condition = is_unchanged(*before, aliases);
        std::vector<Action> actions;
        actions.push_back(
            engine_.users.update_action(user_name_key(user.username), aliases, text, condition));
        bool const concerns = before->shown.user.role == UserRole::administrator ||
                              user.role == UserRole::administrator;
        if (concerns) actions.push_back(administrators_change(engine_.table, *before, user));
        auto done = co_await engine_.table.transact(std::move(actions));
        if (!done) co_return std::unexpected(done.error());
        if (done->done) co_return user;
        if (done->refused_at(1)) co_return last_administrator();
        bool const goes_on = co_await backoff.pause();
        if (!goes_on) co_return busy();
    }
}

asio::awaitable<Result<void>> DynamoUserStore::set_password(UserId id, std::string password_hash,
                                                            std::optional<SessionId> keep,
                                                            std::optional<std::string> replaced) {
    Backoff backoff(engine_.random);
    for (;;) {
        auto const row = co_await row_of(id);
        if (!row) co_return std::unexpected(row.error());
        if (replaced && *replaced != row->shown.password_hash)
            co_return fail(Errc::conflict, "the password was changed meanwhile; sign in again",
                           "password_changed");
        Aliases aliases;
        Update update(aliases);
        auto const epoch = row->session_epoch + 1;
        update.set("sessionEpoch", epoch);
        bool const beside = engine_.old_hashes == Engine::OldHashes::keep && replaced &&
                            replaced->starts_with("sha256:");
        if (beside) {
            update.set("kaiwaPassword", password_hash).set("kaiwaPasswordOf", row->password);
        } else {
            update.set("password", password_hash);
            update.remove("kaiwaPassword").remove("kaiwaPasswordOf");
        }
        auto const text = update.text();
        auto const password = aliases.name("password");
        auto condition = fmt::format("{} = {}", password, aliases.value(row->password));
        auto const now = aliases.name("sessionEpoch");
        if (epoch == 1)
            condition += fmt::format(" AND (attribute_not_exists({}) OR {} = {})", now, now,
                                     aliases.value(0));
        else
            condition += fmt::format(" AND {} = {}", now, aliases.value(row->session_epoch));
        std::vector<Action> actions;
        actions.push_back(engine_.users.update_action(user_name_key(row->shown.user.username),
                                                      aliases, text, condition));
        if (keep) {
            auto pointer = co_await engine_.table.get(session_key(*keep));
            if (!pointer) co_return std::unexpected(pointer.error());
            auto const* hash = *pointer ? find(**pointer, "hash") : nullptr;
            if (hash && hash->if_binary() && string_or(**pointer, "user") == id.text()) {
                Aliases kept;
                Update moves(kept);
                moves.set("epoch", epoch);
                auto const moved = moves.text();
                auto const exists = "attribute_exists(" + kept.name("PK") + ")";
                actions.push_back(engine_.table.update_action(
                    token_key(hash->if_binary()->bytes).item(), kept, moved, exists));
            }
        }
        auto done = co_await engine_.table.transact(std::move(actions));
        if (!done) co_return std::unexpected(done.error());
        if (done->refused_at(1)) keep.reset();  // it ended meanwhile
        if (done->done) co_return Result<void>{};
        bool const goes_on = co_await backoff.pause();
        if (!goes_on) co_return busy();
    }
}

asio::awaitable<Result<void>> DynamoUserStore::delete_user(UserId id) {
    Backoff backoff(engine_.random);
    for (;;) {
        auto const row = co_await row_of(id);
        if (!row) co_return std::unexpected(row.error());
        auto const& user = row->shown.user;
        if (row->administrates()) {
            auto const replaceable = co_await is_replaceable(id);
            if (!replaceable) co_return std::unexpected(replaceable.error());
            if (!*replaceable) co_return last_administrator();
        }
        if (!user.disabled) {
            // Nobody signs in as them, or goes on, while what is theirs goes.
            auth::UserPatch patch;
            patch.disabled = true;
            auto const disabled = co_await update_user(id, patch);
            if (!disabled) co_return std::unexpected(disabled.error());
            continue;
        }
        // What is theirs goes first: whoever gets the name next must not find it.
        auth::Principal const who{id, user.username, user.role};
        auto hidden = co_await chats_.hide_belongings(user.username, who);
        if (!hidden) {
            auto const forgotten = co_await forget(id);
            if (!forgotten)
                engine_.log.warning("sessions and keys of a deleted user were not removed",
                                    {{"error", forgotten.error().message}});
            co_return hidden;
        }

        Aliases aliases;
        auto const condition = is_unchanged(*row, aliases);
        std::vector<Action> actions;
        actions.push_back(
            engine_.users.remove_action(user_name_key(user.username), aliases, condition));
        actions.push_back(engine_.table.remove_action(user_key(id).item()));
        actions.push_back(engine_.table.remove_action(Key{"USER#" + user.username, "USER"}.item()));
        if (user.role == UserRole::administrator) {
            auto nobody = user;
            nobody.role = UserRole::user;
            actions.push_back(administrators_change(engine_.table, *row, nobody));
        }
        actions.push_back(engine_.table.put_action(departed_item(who, engine_.clock.now())));
        auto done = co_await engine_.table.transact(std::move(actions));
        if (!done) co_return std::unexpected(done.error());
        if (done->refused_at(3)) co_return last_administrator();
        if (done->done) break;
        bool const goes_on = co_await backoff.pause();
        if (!goes_on) co_return busy();
    }
    co_return co_await forget(id);
}

asio::awaitable<Result<void>> DynamoUserStore::forget(UserId id) {
    auto removed = co_await remove_sessions(id);
    if (!removed) co_return removed;
    auto const left = co_await keys(id);
    if (!left) co_return std::unexpected(left.error());
    for (auto const& each : *left) {
        removed = co_await remove_key(each);
        if (!removed && removed.error().code != Errc::not_found) co_return removed;
    }
    co_return Result<void>{};
}

}  // namespace kaiwa::store::dynamodb
