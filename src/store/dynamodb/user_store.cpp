#include "store/dynamodb/user_store.hpp"

#include "auth/user_administration.hpp"
#include "store/common/text_fold.hpp"
#include "store/dynamodb/keys.hpp"

#include <algorithm>

namespace kaiwa::store::dynamodb {

using auth::User;
using auth::UserRole;
using auth::UserSort;
using auth::UserWithPassword;

namespace {

constexpr std::size_t max_users = 10'000;

std::unexpected<Error> username_taken() {
    return fail(Errc::conflict, "the username is taken; choose another", "username_taken");
}

/// Chainlit's item of a person.
Item chainlit_user(User const& user) {
    return {{"PK", "USER#" + user.username},
            {"SK", "USER"},
            {"id", user.username},
            {"identifier", user.username},
            {"metadata", Item{{"role", auth::to_string(user.role)}, {"provider", "credentials"}}},
            {"createdAt", to_iso(user.created_at)}};
}

Item user_pointer(User const& user) {
    auto item = user_key(user.id).item();
    item.emplace("username", user.username);
    return item;
}

std::int64_t sort_number(User const& user, UserSort sort) {
    if (sort == UserSort::created_at) return user.created_at.time_since_epoch().count();
    return user.last_seen_at ? user.last_seen_at->time_since_epoch().count() : -1;
}

/// What a list is sorted by: a number or the name, then the id.
struct SortKey {
    std::int64_t number = 0;
    std::string text;
    std::string id;
    auto operator<=>(SortKey const&) const = default;
};

SortKey sort_key(User const& user, UserSort sort) {
    if (sort == UserSort::username) return {0, user.username, user.id.text()};
    return {sort_number(user, sort), {}, user.id.text()};
}

}  // namespace

asio::awaitable<Result<void>> DynamoUserStore::insert(UserWithPassword added, First first) {
    auto const& user = added.user;
    auto const& table = engine_.table;
    bool const is_administrator = user.role == UserRole::administrator;
    std::vector<Action> actions;
    Aliases free;
    auto const is_free = "attribute_not_exists(" + free.name("username") + ")";
    actions.push_back(engine_.users.put_action(user_item(added), free, is_free));
    actions.push_back(table.put_action(user_pointer(user)));
    if (is_administrator) {
        Aliases aliases;
        Update update(aliases);
        update.add("all", set_of(user.id));
        if (!user.disabled) update.add("enabled", set_of(user.id));
        auto const text = update.text();
        std::string condition;
        if (first == First::yes)
            condition = "attribute_not_exists(" + aliases.name("all") + ")";
        actions.push_back(
            table.update_action(administrators_key().item(), aliases, text, condition));
    }
    auto done = co_await engine_.table.transact(std::move(actions));
    if (!done) co_return std::unexpected(done.error());
    if (done->refused_at(2))
        co_return fail(Errc::conflict, "there is an administrator already; sign in", "setup_done");
    if (!done->done) co_return username_taken();
    // For Chainlit's page; what it wrote itself at a sign-in there stays.
    Aliases absent;
    auto condition = "attribute_not_exists(" + absent.name("PK") + ")";
    auto item = chainlit_user(user);
    auto put = co_await engine_.table.put_if(std::move(item), std::move(absent),
                                             std::move(condition));
    if (!put)
        engine_.log.warning("a user was not written for other programs",
                            {{"error", put.error().message}});
    co_return Result<void>{};
}

asio::awaitable<Result<void>> DynamoUserStore::add_user(UserWithPassword user) {
    co_return co_await insert(std::move(user), First::no);
}

asio::awaitable<Result<void>> DynamoUserStore::add_first_administrator(UserWithPassword user) {
    auto const there = co_await has_administrator();
    if (!there) co_return std::unexpected(there.error());
    if (*there)
        co_return fail(Errc::conflict, "there is an administrator already; sign in", "setup_done");
    user.user.role = UserRole::administrator;
    co_return co_await insert(std::move(user), First::yes);
}

asio::awaitable<Result<bool>> DynamoUserStore::has_administrator() {
    auto item = co_await engine_.table.get(administrators_key());
    if (!item) co_return std::unexpected(item.error());
    if (*item && find(**item, "all")) co_return true;
    // Another program may have added one.
    auto rows = co_await engine_.users.scan();
    if (!rows) co_return std::unexpected(rows.error());
    bool found = false;
    for (auto const& each : *rows) {
        auto row = read_user(each);
        if (row.shown.user.role != UserRole::administrator) continue;
        found = true;
        auto adopted = co_await adopt(std::move(row));
        if (!adopted) co_return std::unexpected(adopted.error());
    }
    co_return found;
}

asio::awaitable<Result<void>> DynamoUserStore::adopt(UserRow row) {
    if (engine_.strangers == Strangers::leave) co_return Result<void>{};
    auto const& user = row.shown.user;
    auto const& table = engine_.table;
    std::vector<Action> actions;
    Aliases aliases;
    Update update(aliases);
    auto const id = aliases.name("id");
    update.set_to(id, fmt::format("if_not_exists({}, {})", id, aliases.value(user.id.text())));
    auto const text = update.text();
    auto const exists = "attribute_exists(" + aliases.name("username") + ")";
    actions.push_back(
        engine_.users.update_action(user_name_key(user.username), aliases, text, exists));
    actions.push_back(table.put_action(user_pointer(user)));
    if (user.role == UserRole::administrator) {
        Aliases all;
        Update joins(all);
        joins.add("all", set_of(user.id));
        if (!user.disabled) joins.add("enabled", set_of(user.id));
        actions.push_back(
            table.update_action(administrators_key().item(), all, joins.text()));
    }
    auto done = co_await engine_.table.transact(std::move(actions));
    if (!done) co_return std::unexpected(done.error());
    if (!done->done) co_return not_found();
    co_return Result<void>{};
}

asio::awaitable<Result<std::optional<std::string>>> DynamoUserStore::similar_username(
    std::string username) {
    auto const items = co_await engine_.users.scan();
    if (!items) co_return std::unexpected(items.error());
    auto const wanted = fold_text(username);
    for (auto const& item : *items) {
        auto name = read_user(item).shown.user.username;
        if (fold_text(name) == wanted) co_return std::move(name);
    }
    co_return std::nullopt;
}

asio::awaitable<Result<UserWithPassword>> DynamoUserStore::user_by_name(std::string username) {
    if (username.empty()) co_return not_found();
    auto item = co_await engine_.users.get(user_name_key(username));
    if (!item) co_return std::unexpected(item.error());
    if (!*item) co_return not_found();
    auto row = read_user(**item);
    if (!row.id) {
        auto adopted = co_await adopt(row);
        if (!adopted) co_return std::unexpected(adopted.error());
    }
    co_return std::move(row.shown);
}

asio::awaitable<Result<UserRow>> DynamoUserStore::row_of(UserId id) {
    auto pointer = co_await engine_.table.get(user_key(id));
    if (!pointer) co_return std::unexpected(pointer.error());
    if (!*pointer) co_return not_found();
    auto item = co_await engine_.users.get(user_name_key(string_or(**pointer, "username")));
    if (!item) co_return std::unexpected(item.error());
    if (!*item) co_return not_found();
    auto row = read_user(**item);
    if (row.shown.user.id != id) co_return not_found();
    co_return row;
}

asio::awaitable<Result<UserWithPassword>> DynamoUserStore::user(UserId id) {
    auto row = co_await row_of(id);
    if (!row) co_return std::unexpected(row.error());
    co_return std::move(row->shown);
}

asio::awaitable<Result<auth::Page<User>>> DynamoUserStore::users(auth::UserQuery query) {
    query.limit = std::clamp<std::size_t>(query.limit, 1, max_users);
    auto const list = fmt::format("users/{}/{}/{}", static_cast<int>(query.sort),
                                  static_cast<int>(query.order), query.text);
    std::optional<SortKey> after;
    if (!query.after.empty()) {
        auto const opened = engine_.cursors.open(list, query.after);
        if (!opened) co_return std::unexpected(opened.error());
        auto const place = Place::read(*opened, 1);
        if (!place) co_return std::unexpected(place.error());
        auto const id_bytes = std::min<std::size_t>(36, place->text.size());
        after = SortKey{place->numbers[0], place->text.substr(id_bytes),
                        place->text.substr(0, id_bytes)};
    }
    // The table is small and has no order: all of it is read, by administrators only.
    auto items = co_await engine_.users.scan();
    if (!items) co_return std::unexpected(items.error());
    auto const wanted = fold_text(query.text);
    bool const ascending = query.order == auth::SortOrder::ascending;
    std::vector<std::pair<SortKey, User>> found;
    for (auto const& item : *items) {
        auto user = read_user(item).shown.user;
        bool const fits = wanted.empty() || fold_text(user.username).contains(wanted) ||
                          fold_text(user.name).contains(wanted);
        auto key = sort_key(user, query.sort);
        bool const behind = !after || (ascending ? key > *after : key < *after);
        if (fits && behind) found.emplace_back(std::move(key), std::move(user));
    }
    std::ranges::sort(found, [&](auto const& a, auto const& b) {
        return ascending ? a.first < b.first : b.first < a.first;
    });
    auth::Page<User> page;
    for (auto& [key, user] : found) {
        if (page.items.size() == query.limit) {
            auto const last = sort_key(page.items.back(), query.sort);
            Place const place{{last.number}, last.id + last.text};
            page.next = engine_.cursors.seal(list, place.bytes());
            break;
        }
        page.items.push_back(std::move(user));
    }
    co_return page;
}

}  // namespace kaiwa::store::dynamodb
