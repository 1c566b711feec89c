#include "store/dynamodb/chat_store.hpp"
#include "store/dynamodb/file_row.hpp"

#include <algorithm>
#include <set>

namespace kaiwa::store::dynamodb {

using chat::Principal;

std::optional<FileRow> read_file(Item const& item) {
    auto const id = FileId::parse(string_or(item, "id"));
    if (!id) return std::nullopt;
    FileRow row;
    row.info.id = *id;
    row.info.name = string_or(item, "name");
    row.info.media_type = string_or(item, "mime");
    row.info.size = static_cast<std::uint64_t>(optional_integer(item, "size").value_or(0));
    row.info.foreign_key = string_or(item, "foreignKey");
    row.owner = string_or(item, "owner");
    row.deleted = bool_or(item, "deleted");
    auto const* threads = find(item, "threads");
    if (auto const* set = threads ? threads->if_set() : nullptr) row.threads = set->members;
    return row;
}

namespace {

Item common_item(chat::FileInfo const& info, UserId owner) {
    auto item = file_key(info.id).item();
    Item own{{"id", info.id.text()},
             {"owner", owner.text()},
             {"name", info.name},
             {"mime", info.media_type},
             {"size", info.size}};
    item.merge(own);
    return item;
}

}  // namespace

Item file_item(chat::FileInfo const& info, UserId owner, Timestamp now) {
    auto item = common_item(info, owner);
    item.emplace("UserThreadPK", unattached_files);
    item.emplace("UserThreadSK", index_time(now));
    return item;
}

asio::awaitable<Result<void>> adopt_files(Engine engine, Principal who, ThreadId thread,
                                          std::vector<chat::FileInfo> files) {
    std::erase_if(files, [](chat::FileInfo const& file) { return file.foreign_key.empty(); });
    if (files.empty()) co_return Result<void>{};
    std::vector<Key> keys;
    for (auto const& file : files) keys.push_back(file_key(file.id));
    auto const known = co_await engine.table.batch_get(std::move(keys));
    if (!known) co_return std::unexpected(known.error());
    std::set<std::string> there;
    for (auto const& item : *known) there.insert(string_or(item, "id"));
    for (auto const& file : files) {
        if (!there.insert(file.id.text()).second) continue;
        // First what the deletion of its user goes by; then the file, unless somebody was faster.
        auto pointed = co_await engine.table.put(file_pointer(who.id, file.id).item());
        if (!pointed) co_return pointed;
        auto item = common_item(file, who.id);
        Value::Set threads{Value::Set::Of::strings, {thread.text()}};
        item.emplace("threads", std::move(threads));
        item.emplace("foreignKey", file.foreign_key);
        Aliases aliases;
        auto const absent = "attribute_not_exists(" + aliases.name("PK") + ")";
        auto const adopted =
            co_await engine.table.put_if(std::move(item), std::move(aliases), absent);
        if (!adopted) co_return std::unexpected(adopted.error());
    }
    co_return Result<void>{};
}

asio::awaitable<Result<std::vector<FileRow>>> usable_files(Engine engine, Principal who,
                                                           std::vector<FileId> ids) {
    std::vector<Key> keys;
    for (auto const& id : ids) keys.push_back(file_key(id));
    auto items = co_await engine.table.batch_get(std::move(keys));
    if (!items) co_return std::unexpected(items.error());
    std::vector<FileRow> found;
    std::vector<Key> thread_keys;
    for (auto const& item : *items) {
        auto row = read_file(item);
        if (!row || row->deleted || row->owner != who.id.text()) continue;
        for (auto const& thread : row->threads)
            if (auto const id = ThreadId::parse(thread)) thread_keys.push_back(thread_key(*id));
        found.push_back(std::move(*row));
    }
    std::vector<std::string> live;
    if (!thread_keys.empty()) {
        auto threads = co_await engine.table.batch_get(std::move(thread_keys));
        if (!threads) co_return std::unexpected(threads.error());
        for (auto const& item : *threads) live.push_back(string_or(item, "id"));
    }
    std::vector<FileRow> out;
    for (auto const& id : ids) {
        auto const row = std::ranges::find_if(
            found, [&](FileRow const& each) { return each.info.id == id; });
        if (row == found.end()) co_return not_found();
        auto const is_live = [&](std::string const& thread) {
            return std::ranges::find(live, thread) != live.end();
        };
        if (!row->threads.empty() && !std::ranges::any_of(row->threads, is_live))
            co_return not_found();
        out.push_back(*row);
    }
    co_return out;
}

asio::awaitable<Result<void>> DynamoChatStore::add_file(Principal who, chat::FileInfo file) {
    auto const& table = engine_.table;
    auto pointer = file_pointer(who.id, file.id).item();
    std::vector<Action> actions;
    actions.push_back(table.put_action(file_item(file, who.id, engine_.clock.now())));
    actions.push_back(table.put_action(pointer));
    auto done = co_await engine_.table.transact(std::move(actions));
    if (!done) co_return std::unexpected(done.error());
    co_return Result<void>{};
}

asio::awaitable<Result<chat::FileInfo>> DynamoChatStore::file(Principal who, FileId id) {
    std::vector<FileId> ids{id};
    auto rows = co_await usable_files(engine_, std::move(who), std::move(ids));
    if (!rows) co_return std::unexpected(rows.error());
    co_return rows->front().info;
}

asio::awaitable<Result<void>> DynamoChatStore::hide_files(UserId owner) {
    Query query{.pk = user_partition(owner), .prefix = "FILE#"};
    auto pointers = co_await engine_.table.query_all(std::move(query));
    if (!pointers) co_return std::unexpected(pointers.error());
    for (auto const& pointer : *pointers) {
        auto const id = FileId::parse(std::string_view(string_or(pointer, "SK")).substr(5));
        if (!id) continue;
        Aliases aliases;
        Update update(aliases);
        // In the list of what nobody has, from now on; the cleaner takes it in its time.
        update.set("deleted", true)
            .set("UserThreadPK", unattached_files)
            .set("UserThreadSK", index_time(engine_.clock.now()));
        auto const text = update.text();
        auto const exists = "attribute_exists(" + aliases.name("PK") + ")";
        auto done = co_await engine_.table.update(file_key(*id).item(), aliases, text, exists);
        if (!done) co_return std::unexpected(done.error());
    }
    co_return Result<void>{};
}

Item departed_item(Principal const& who, Timestamp now) {
    auto item = departed_key(who.id).item();
    Item own{{"id", who.id.text()},
             {"username", who.username},
             {"UserThreadPK", departed_owners},
             {"UserThreadSK", index_time(now)}};
    item.merge(own);
    return item;
}

}  // namespace kaiwa::store::dynamodb
