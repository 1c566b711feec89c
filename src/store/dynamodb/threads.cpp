#include "store/dynamodb/chat_store.hpp"
#include "store/dynamodb/thread_reader.hpp"

#include <algorithm>

namespace kaiwa::store::dynamodb {

using chat::Principal;
using chat::Thread;

namespace {

constexpr std::size_t max_threads = 10'000;

Key deleted_key_of(ThreadId id) { return deleted_thread_key(id); }

/// The thread as it lies while it is deleted: where Chainlit never looks.
Item deleted_item(Item item, ThreadRow row) {
    auto const key = deleted_key_of(row.id);
    item["PK"] = key.pk;
    item["SK"] = key.sk;
    item["UserThreadPK"] = deleted_threads;
    item["UserThreadSK"] = index_time(row.deleted_at.value_or(Timestamp()));
    item["kaiwa"] = thread_extra(row);
    return item;
}

Item restored_item(Item item, ThreadRow row) {
    auto const key = thread_key(row.id);
    item["PK"] = key.pk;
    item["SK"] = key.sk;
    item["UserThreadPK"] = list_of(row);
    item["UserThreadSK"] = index_time(row.updated_at);
    item["kaiwa"] = thread_extra(row);
    return item;
}

/// The same of a thread that `check_changeable()` refuses: what somebody spoiled is as they left it.
std::string is_as_read(Item const& item, Aliases& aliases) {
    auto const* ours = find(item, "kaiwa");
    auto const name = aliases.name("kaiwa");
    return ours ? name + " = " + aliases.value(*ours) : "attribute_not_exists(" + name + ")";
}

std::string is_absent(Aliases& aliases) {
    return "attribute_not_exists(" + aliases.name("PK") + ")";
}

}  // namespace

asio::awaitable<Result<ThreadRow>> DynamoChatStore::change_thread(Principal who, ThreadId id,
                                                                  Change change) {
    Backoff backoff(engine_.random);
    for (;;) {
        auto before = co_await load_thread(engine_, who, id);
        if (!before) co_return before;
        if (auto sound = check_changeable(*before); !sound)
            co_return std::unexpected(sound.error());
        auto after = *before;
        if (!after.owner) after.owner = who.id.text();
        if (!before->has_ours) after.branched = true;  // nobody knows
        change(after);
        auto made = change_of(*before, after, Touch::keep_time);
        auto written = co_await engine_.table.update(thread_key(id).item(), std::move(made.aliases),
                                                     std::move(made.update),
                                                     std::move(made.condition));
        if (!written) co_return std::unexpected(written.error());
        if (written->done) co_return read_thread(*written->item);
        bool const goes_on = co_await backoff.pause();
        if (!goes_on) co_return busy();
    }
}

asio::awaitable<Result<Thread>> DynamoChatStore::with_running(ThreadRow row) {
    auto thread = shown(row);
    if (row.running.empty()) co_return thread;
    std::vector<Key> keys;
    for (auto const& id : row.running) keys.push_back(generation_key(id));
    auto items = co_await engine_.table.batch_get(std::move(keys));
    if (!items) co_return std::unexpected(items.error());
    for (auto const& item : *items) {
        auto const generation = read_generation(item);
        if (generation && generation->shown.state == chat::GenerationState::running &&
            generation->shown.lease_until > engine_.clock.now())
            thread.running = true;
    }
    co_return thread;
}

asio::awaitable<Result<Thread>> DynamoChatStore::create_thread(Principal who,
                                                               chat::NewThread thread) {
    ThreadRow row;
    row.id = thread.id;
    row.title = thread.title;
    row.user_id = who.username;
    row.owner = who.id.text();
    row.updated_at = engine_.clock.now();
    row.created_at = row.updated_at;
    row.settings = thread.settings;
    row.stay = thread.stay;
    auto const& table = engine_.table;
    Aliases not_deleted;
    auto const check = is_absent(not_deleted);
    Aliases not_there;
    auto const absent = is_absent(not_there);
    std::vector<Action> actions;
    actions.push_back(
        table.check_action(deleted_thread_key(row.id).item(), not_deleted, check));
    actions.push_back(table.put_action(new_thread_item(row), not_there, absent));
    auto made = co_await engine_.table.transact(std::move(actions));
    if (!made) co_return std::unexpected(made.error());
    if (made->done) co_return shown(row);
    if (made->refused_at(0)) co_return not_found();
    auto existing = co_await load_thread(engine_, who, row.id);
    if (!existing) co_return std::unexpected(existing.error());
    co_return co_await with_running(std::move(*existing));
}

asio::awaitable<Result<Thread>> DynamoChatStore::thread(Principal who, ThreadId id) {
    auto row = co_await load_thread(engine_, std::move(who), id);
    if (!row) co_return std::unexpected(row.error());
    co_return co_await with_running(std::move(*row));
}

asio::awaitable<Result<chat::Page<Thread>>> DynamoChatStore::threads(Principal who,
                                                                     chat::ThreadQuery query) {
    auto const limit = std::clamp<std::size_t>(query.limit, 1, max_threads);
    auto const list =
        fmt::format("threads/{}/{}", who.id.text(), query.archived ? "archived" : "live");
    Query listed{.pk = query.archived ? archived_threads(who.username) : user_threads(who.username),
                 .index = Query::Index::user_thread,
                 .order = Query::Order::descending};
    if (!query.after.empty()) {
        auto const opened = engine_.cursors.open(list, query.after);
        if (!opened) co_return std::unexpected(opened.error());
        auto parsed = parse_json(*opened);
        auto from = parsed ? item_from_json(*parsed) : std::unexpected(parsed.error());
        if (!from) co_return std::unexpected(from.error());
        listed.from = std::move(*from);
    }
    chat::Page<Thread> page;
    std::optional<Item> last;  // the place of the last thread given
    for (;;) {
        // The index comes late and holds names only: the threads themselves say what is so.
        listed.limit = limit + 1 - page.items.size();
        auto found = co_await engine_.table.query(listed);
        if (!found) co_return std::unexpected(found.error());
        std::vector<Key> keys;
        for (auto const& item : found->items)
            keys.push_back({string_or(item, "PK"), string_or(item, "SK")});
        auto items = co_await engine_.table.batch_get(keys);
        if (!items) co_return std::unexpected(items.error());
        std::map<std::string, ThreadRow> rows;
        for (auto const& item : *items) {
            auto row = read_thread(item);
            if (row && row->is_of(who) && row->archived == query.archived)
                rows.emplace(string_or(item, "PK"), std::move(*row));
        }
        for (auto const& item : found->items) {
            auto const row = rows.find(string_or(item, "PK"));
            if (row == rows.end()) continue;
            if (page.items.size() == limit) {
                page.next = engine_.cursors.seal(list, json::serialize(to_json(*last)));
                co_return page;
            }
            auto thread = co_await with_running(row->second);
            if (!thread) co_return std::unexpected(thread.error());
            thread->settings = {};
            page.items.push_back(std::move(*thread));
            Item place;
            for (auto const name : {"PK", "SK", "UserThreadPK", "UserThreadSK"})
                place.emplace(name, string_or(item, name));
            last = std::move(place);
        }
        if (!found->next) co_return page;
        listed.from = std::move(found->next);
    }
}

asio::awaitable<Result<Thread>> DynamoChatStore::update_thread(Principal who, ThreadId id,
                                                               chat::ThreadPatch patch) {
    std::optional<Tree> tree;
    if (patch.head) {
        auto const row = co_await load_thread(engine_, who, id);
        if (!row) co_return std::unexpected(row.error());
        auto loaded = co_await load_tree(engine_, *row);
        if (!loaded) co_return std::unexpected(loaded.error());
        if (loaded->find(*patch.head) == Tree::none) co_return not_found();
        tree = std::move(*loaded);
    }
    Change change = [&patch](ThreadRow& row) {
        if (patch.title) row.title = *patch.title;
        if (patch.settings) row.settings = patch.settings->apply_to(std::move(row.settings));
        if (patch.archived) row.archived = *patch.archived;
        if (patch.head) {
            row.head = patch.head;
            row.branched = true;
        }
    };
    auto changed = co_await change_thread(who, id, std::move(change));
    if (!changed) co_return std::unexpected(changed.error());
    if (tree) {
        auto const head = tree->find(*patch.head);
        co_await show_branch(engine_, id, std::move(*tree), head);
    }
    co_return co_await with_running(std::move(*changed));
}

asio::awaitable<Result<void>> DynamoChatStore::delete_thread(Principal who, ThreadId id) {
    return hide_thread(std::move(who), id, Spoiled::stays);
}

asio::awaitable<Result<void>> DynamoChatStore::hide_thread(Principal who, ThreadId id,
                                                           Spoiled spoiled) {
    Backoff backoff(engine_.random);
    auto& table = engine_.table;
    for (;;) {
        auto item = co_await table.get(thread_key(id));
        if (!item) co_return std::unexpected(item.error());
        if (!*item) co_return not_found();
        auto row = read_thread(**item);
        if (!row || !row->is_of(who)) co_return not_found();
        auto const sound = check_changeable(*row);
        if (!sound && spoiled == Spoiled::stays) co_return sound;
        auto deleted = *row;
        deleted.owner = who.id.text();
        deleted.deleted_at = engine_.clock.now();
        if (!row->has_ours) deleted.branched = true;  // nobody knows
        Aliases aliases;
        auto const condition = sound ? is_unchanged(*row, aliases) : is_as_read(**item, aliases);
        // What somebody else deleted stays theirs.
        Aliases before;
        auto const mine = fmt::format("attribute_not_exists({}) OR {} = {}", before.name("PK"),
                                      before.path({"kaiwa", "owner"}),
                                      before.value(who.id.text()));
        std::vector<Action> actions;
        actions.push_back(table.remove_action(thread_key(id).item(), aliases, condition));
        actions.push_back(
            table.put_action(deleted_item(std::move(**item), deleted), before, mine));
        auto done = co_await table.transact(std::move(actions));
        if (!done) co_return std::unexpected(done.error());
        if (done->refused_at(1)) co_return not_found();
        if (done->done) {
            for (auto const& generation : row->running) {
                Aliases running;
                Update update(running);
                update.set("stop", true);
                auto const exists = "attribute_exists(" + running.name("PK") + ")";
                auto stopped = co_await table.update(generation_key(generation).item(), running,
                                                     update.text(), exists);
                if (!stopped) co_return std::unexpected(stopped.error());
            }
            co_return Result<void>{};
        }
        bool const goes_on = co_await backoff.pause();
        if (!goes_on) co_return busy();
    }
}

asio::awaitable<Result<Thread>> DynamoChatStore::restore_thread(Principal who, ThreadId id) {
    auto& table = engine_.table;
    auto live = co_await load_thread(engine_, who, id);
    if (live && live->has_ours) co_return co_await with_running(std::move(*live));
    if (!live && live.error().code != Errc::not_found) co_return std::unexpected(live.error());
    auto item = co_await table.get(deleted_thread_key(id));
    if (!item) co_return std::unexpected(item.error());
    auto row = *item ? read_thread(**item) : Result<ThreadRow>(not_found());
    bool const mine = row && row->is_of(who) && row->deleted_at && !find(**item, "removing");
    if (!mine || *row->deleted_at <= engine_.clock.now() - chat::deleted_retention) {
        if (live) co_return co_await with_running(std::move(*live));
        co_return not_found();
    }
    row->deleted_at.reset();
    row->revision += 1;
    Aliases there;
    // The cleaner has not begun with it.
    auto const whole = fmt::format("attribute_exists({}) AND attribute_not_exists({})",
                                   there.name("PK"), there.name("removing"));
    // What Chainlit, where the thread was still open, wrote in its place since gives way.
    Aliases place;
    auto const free = "attribute_not_exists(" + place.name("kaiwa") + ")";
    std::vector<Action> actions;
    actions.push_back(table.remove_action(deleted_thread_key(id).item(), there, whole));
    actions.push_back(table.put_action(restored_item(std::move(**item), *row), place, free));
    auto done = co_await table.transact(std::move(actions));
    if (!done) co_return std::unexpected(done.error());
    if (!done->done) co_return not_found();
    co_return co_await with_running(std::move(*row));
}

asio::awaitable<Result<void>> DynamoChatStore::hide_belongings(std::string username,
                                                               Principal who) {
    std::optional<Error> failure;  // the first; what else is theirs goes all the same
    for (auto const& list : {user_threads(username), archived_threads(username)}) {
        Query listed{.pk = list,
                     .index = Query::Index::user_thread,
                     .order = Query::Order::descending};
        auto items = co_await engine_.table.query_all(std::move(listed));
        if (!items) co_return std::unexpected(items.error());
        for (auto const& item : *items) {
            auto const key = string_or(item, "PK");
            auto const id = ThreadId::parse(std::string_view(key).substr(key.find('#') + 1));
            if (!id) continue;
            auto const hidden = co_await hide_thread(who, *id, Spoiled::goes);
            bool const failed = !hidden && hidden.error().code != Errc::not_found;
            if (failed && !failure) failure = hidden.error();
        }
    }
    auto hidden = co_await hide_files(who.id);
    if (failure) co_return std::unexpected(std::move(*failure));
    co_return hidden;
}

}  // namespace kaiwa::store::dynamodb
