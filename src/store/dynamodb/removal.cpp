#include "store/dynamodb/removal.hpp"

#include "store/dynamodb/file_row.hpp"
#include "store/dynamodb/keys.hpp"
#include "store/dynamodb/step_row.hpp"

#include <map>
#include <optional>
#include <set>
#include <vector>

namespace kaiwa::store::dynamodb {
namespace {

/// What else there is of the messages among `items`.
struct Belongings {
    std::vector<Key> keys;
    std::set<GenerationId> generations;
    std::set<std::string> texts;
    std::map<FileId, std::string> files;  ///< With their foreign keys.
};

void gather(std::vector<Item> items, Belongings& all) {
    for (auto& item : items) {
        auto const sort = string_or(item, "SK");
        if (sort == "DELETED" || sort == "THREAD") continue;  // go last
        all.keys.push_back({string_or(item, "PK"), sort});
        if (sort.starts_with("ELEMENT#")) {
            if (auto const element = read_element(std::move(item)))
                all.files.emplace(element->file.id, element->file.foreign_key);
        } else if (sort.starts_with("STEP#")) {
            auto const row = read_step(std::move(item));
            if (row.message.generation) all.generations.insert(*row.message.generation);
            if (row.overflow) all.texts.insert(row.overflow->tag);
        }
    }
}

/// Unless it was deleted once more.
asio::awaitable<Result<std::size_t>> forget_deletion(Engine engine, ThreadId id) {
    Aliases aliases;
    auto const old = "attribute_exists(" + aliases.name("removing") + ")";
    std::vector<Action> actions;
    actions.push_back(engine.table.remove_action(deleted_thread_key(id).item(), aliases, old));
    auto const done = co_await engine.table.transact(std::move(actions));
    if (!done) co_return std::unexpected(done.error());
    co_return done->done ? 1 : 0;
}

/// Takes the file from the thread, and removes it when it was the last one's.
asio::awaitable<Result<std::size_t>> let_go(Engine engine, FileId file, std::string foreign_key,
                                            ThreadId thread, chat::BlobStore& blobs) {
    Aliases aliases;
    Update update(aliases);
    update.take_from_set("threads", Value::Set{Value::Set::Of::strings, {thread.text()}});
    auto const text = update.text();
    auto const exists = "attribute_exists(" + aliases.name("PK") + ")";
    auto done = co_await engine.table.update(file_key(file).item(), aliases, text, exists);
    if (!done) co_return std::unexpected(done.error());
    if (!done->done) {
        // One of Chainlit's that nobody looked at here, or one that is gone.
        Result<void> gone;
        if (!foreign_key.empty()) gone = co_await blobs.remove_foreign(std::move(foreign_key));
        if (!gone) co_return std::unexpected(gone.error());
        co_return 0;
    }
    auto const row = read_file(*done->item);
    if (!row || !row->threads.empty()) co_return 0;
    // Nobody may attach it any more while its bytes go.
    Aliases alone;
    Update marks(alone);
    marks.set("deleted", true);
    auto const mark = marks.text();
    auto const still = "attribute_not_exists(" + alone.name("threads") + ")";
    done = co_await engine.table.update(file_key(file).item(), alone, mark, still);
    if (!done) co_return std::unexpected(done.error());
    if (!done->done) co_return 0;
    co_return co_await remove_file(engine, std::move(*done->item), blobs);
}

/// Whether the thread is still being removed, and not back for whoever deleted it.
asio::awaitable<Result<bool>> may_go(Engine engine, ThreadId id) {
    auto const note = co_await engine.table.get(deleted_thread_key(id));
    if (!note) co_return std::unexpected(note.error());
    bool const marked = *note && find(**note, "removing");
    if (!marked) co_return false;  // another server is done with it, or it was deleted once more
    auto const live = co_await engine.table.get(thread_key(id));
    if (!live) co_return std::unexpected(live.error());
    if (!*live) co_return true;
    auto const owner_of = [](Item const& item) {
        auto const* ours = find_map(item, "kaiwa");
        return ours ? string_or(*ours, "owner") : std::string();
    };
    auto const owner = owner_of(**live);
    if (!owner.empty()) co_return owner != owner_of(**note);
    // One without a person is in nobody's list.
    auto const user = string_or(**live, "userId");
    co_return user.empty() || user != string_or(**note, "userId");
}

/// The note of the deletion and, where it is nobody's, the thread that Chainlit wrote in its place.
asio::awaitable<Result<std::size_t>> remove_ends(Engine engine, ThreadId id) {
    Aliases live;
    auto const user = live.name("userId");
    auto const nobodys = fmt::format(
        "attribute_not_exists({}) AND (attribute_not_exists({}) OR {} IN ({}, {}))",
        live.name("kaiwa"), user, user, live.value(""), live.value(Value()));
    Aliases note;
    auto const marked = "attribute_exists(" + note.name("removing") + ")";
    std::vector<Action> actions;
    actions.push_back(engine.table.remove_action(thread_key(id).item(), live, nobodys));
    actions.push_back(engine.table.remove_action(deleted_thread_key(id).item(), note, marked));
    auto const done = co_await engine.table.transact(std::move(actions));
    if (!done) co_return std::unexpected(done.error());
    if (done->done) co_return 1;
    co_return co_await forget_deletion(engine, id);
}

asio::awaitable<Result<std::size_t>> remove_thread(Engine engine, ThreadId id,
                                                   chat::BlobStore& blobs) {
    Belongings all;
    for (auto const& partition : {thread_partition(id), hidden_partition(id)}) {
        Query query{.pk = partition, .only = outline_attributes()};
        auto items = co_await engine.table.query_all(std::move(query));
        if (!items) co_return std::unexpected(items.error());
        gather(std::move(*items), all);
    }
    // What names the files stays until they are gone, and the texts with it.
    std::size_t total = 0;
    std::optional<Error> failure;
    for (auto const& [file, foreign_key] : all.files) {
        auto removed = co_await let_go(engine, file, foreign_key, id, blobs);
        if (removed) total += *removed;
        else if (!failure) failure = removed.error();
    }
    if (failure) co_return std::unexpected(*failure);
    // That took its time.
    auto const goes_still = co_await may_go(engine, id);
    if (!goes_still) co_return std::unexpected(goes_still.error());
    if (!*goes_still) co_return co_await forget_deletion(engine, id);
    for (auto const& generation : all.generations) {
        auto removed = co_await remove_partition(engine, generation_partition(generation), {});
        if (!removed) co_return removed;
        total += *removed;
    }
    for (auto const& tag : all.texts) {
        auto removed = co_await remove_partition(engine, text_partition(tag), {});
        if (!removed) co_return removed;
        total += *removed;
    }
    total += all.keys.size();
    auto gone = co_await engine.table.batch_remove(std::move(all.keys));
    if (!gone) co_return std::unexpected(gone.error());
    auto last = co_await remove_ends(engine, id);
    if (!last) co_return last;
    co_return total + *last;
}

}  // namespace

asio::awaitable<Result<std::size_t>> remove_partition(Engine engine, std::string pk,
                                                      std::string prefix) {
    Query query{.pk = std::move(pk), .prefix = std::move(prefix), .only = {"PK", "SK"}};
    auto items = co_await engine.table.query_all(std::move(query));
    if (!items) co_return std::unexpected(items.error());
    std::vector<Key> keys;
    for (auto const& item : *items) keys.push_back({string_or(item, "PK"), string_or(item, "SK")});
    auto const count = keys.size();
    auto removed = co_await engine.table.batch_remove(std::move(keys));
    if (!removed) co_return std::unexpected(removed.error());
    co_return count;
}

asio::awaitable<Result<std::size_t>> remove_file(Engine engine, Item item, chat::BlobStore& blobs) {
    auto const row = read_file(item);
    if (!row) co_return 0;
    auto const file = row->info.id;
    auto const& foreign_key = row->info.foreign_key;
    // The item goes after the bytes: what is left after a crash between them is removed again.
    Result<void> removed;
    if (foreign_key.empty()) removed = co_await blobs.remove(file);
    else removed = co_await blobs.remove_foreign(foreign_key);
    if (!removed && removed.error().code != Errc::not_found)
        co_return std::unexpected(removed.error());
    std::vector<Key> keys{file_key(file)};
    if (auto const user = UserId::parse(row->owner)) keys.push_back(file_pointer(*user, file));
    auto gone = co_await engine.table.batch_remove(std::move(keys));
    if (!gone) co_return std::unexpected(gone.error());
    co_return 1;
}

asio::awaitable<Result<std::size_t>> remove_deleted_thread(Engine engine, ThreadId id,
                                                           chat::BlobStore& blobs) {
    auto const goes = co_await may_go(engine, id);
    if (!goes) co_return std::unexpected(goes.error());
    if (!*goes) co_return co_await forget_deletion(engine, id);
    co_return co_await remove_thread(engine, id, blobs);
}

}  // namespace kaiwa::store::dynamodb
