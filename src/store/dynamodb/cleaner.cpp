#include "store/dynamodb/cleaner.hpp"

#include "base/wait.hpp"
#include "store/common/departed.hpp"
#include "store/dynamodb/chat_store.hpp"
#include "store/dynamodb/removal.hpp"
#include "store/dynamodb/text_parts.hpp"
#include "store/dynamodb/thread_row.hpp"
#include "store/dynamodb/user_store.hpp"

namespace kaiwa::store::dynamodb {
namespace {

constexpr std::chrono::minutes between_rounds{5};
constexpr std::chrono::hours between_tries{1};
constexpr std::size_t due_a_page = 100;

std::optional<Uuid> id_behind(std::string_view key, std::string_view prefix) {
    if (!key.starts_with(prefix)) return std::nullopt;
    return Uuid::parse(key.substr(prefix.size()));
}

/// Holds while the item itself is listed as due: the index is late, and others put off what they
/// could not remove.
std::string is_due(Aliases& aliases, Timestamp until) {
    return aliases.name("UserThreadSK") + " <= " + aliases.value(index_time(until));
}

}  // namespace

asio::awaitable<Result<std::vector<Item>>> Cleaner::due(std::string list, Timestamp until) {
    Query query{.pk = std::move(list),
                .at_most = index_time(until),
                .index = Query::Index::user_thread,
                .limit = due_a_page};
    auto page = co_await engine_.table.query(std::move(query));
    if (!page) co_return std::unexpected(page.error());
    co_return std::move(page->items);
}

asio::awaitable<Result<std::size_t>> Cleaner::remove_logs(SteadyTime until) {
    std::size_t total = 0;
    for (char const digit : std::string_view("0123456789abcdef")) {
        auto ended =
            co_await due(ended_logs(digit), engine_.clock.now() - chat::event_retention);
        if (!ended) co_return std::unexpected(ended.error());
        for (auto const& item : *ended) {
            if (!co_await goes_on(until)) co_return total;
            auto const id = id_behind(string_or(item, "PK"), "KAIWA#GENERATION#");
            if (!id) continue;
            GenerationId const generation{*id};
            auto removed =
                co_await remove_partition(engine_, generation_partition(generation), "SEGMENT#");
            if (!removed) co_return removed;
            Aliases aliases;
            Update update(aliases);
            update.remove("UserThreadPK").remove("UserThreadSK");
            auto const text = update.text();
            auto const is_listed = "attribute_exists(" + aliases.name("UserThreadPK") + ")";
            auto done = co_await engine_.table.update(generation_key(generation).item(), aliases,
                                                      text, is_listed);
            if (!done) co_return std::unexpected(done.error());
            total += *removed + (done->done ? 1 : 0);
        }
    }
    co_return total;
}

asio::awaitable<Result<std::size_t>> Cleaner::delete_passing(SteadyTime until) {
    auto const now = engine_.clock.now();
    auto passed = co_await due(std::string(passing_threads), now - chat::passing);
    if (!passed) co_return std::unexpected(passed.error());
    DynamoChatStore chats(engine_);
    std::size_t total = 0;
    for (auto const& listed : *passed) {
        if (!co_await goes_on(until)) co_return total;
        // The index is late: what counts is the thread itself.
        Key key{string_or(listed, "PK"), "THREAD"};
        auto item = co_await engine_.table.get(std::move(key));
        if (!item) co_return std::unexpected(item.error());
        auto const row = *item ? read_thread(**item)
                               : Result<ThreadRow>(std::unexpected(not_found().error()));
        auto const owner = row && row->owner ? UserId::parse(*row->owner) : std::nullopt;
        if (!owner || row->stay == chat::for_good) continue;
        auto const listed_at = string_or(**item, "UserThreadSK");
        if (listed_at > index_time(now - chat::passing)) continue;  // put off meanwhile
        auto const ends = row->updated_at + row->stay;
        if (ends > now) {
            auto const again = ends - chat::passing;
            if (listed_at == index_time(again)) continue;
            auto put_off = co_await look_again(**item, again);
            if (!put_off) co_return std::unexpected(put_off.error());
            continue;
        }
        chat::Principal who{*owner, row->user_id, auth::UserRole::user};
        auto const deleted = co_await chats.delete_thread(std::move(who), row->id);
        if (!deleted && deleted.error().code == Errc::not_found) continue;
        Result<std::size_t> removed = 1;
        if (!deleted) removed = std::unexpected(deleted.error());
        auto const later = now - chat::passing + between_tries;
        removed = co_await or_later(std::move(removed), std::move(**item), later);
        if (!removed) co_return removed;
        total += *removed;
    }
    co_return total;
}

asio::awaitable<Result<std::size_t>> Cleaner::or_later(Result<std::size_t> removed, Item listed,
                                                       Timestamp at) {
    if (removed || removed.error().code == Errc::cancelled) co_return removed;
    engine_.log.warning("what is past its time could not be removed; it is tried again in an hour",
                        {{"item", string_or(listed, "PK")}, {"error", removed.error().message}});
    if (!failure_) failure_ = std::move(removed.error());
    auto put_off = co_await look_again(std::move(listed), at);
    if (!put_off) co_return std::unexpected(put_off.error());
    co_return 0;
}

asio::awaitable<Result<void>> Cleaner::look_again(Item listed, Timestamp at) {
    Aliases aliases;
    Update update(aliases);
    update.set("UserThreadSK", index_time(at));
    auto const text = update.text();
    // What changes meanwhile is looked at a day later anyway.
    auto const unchanged = aliases.name("UserThreadSK") + " = " +
                           aliases.value(string_or(listed, "UserThreadSK"));
    Key const key{string_or(listed, "PK"), string_or(listed, "SK")};
    auto done = co_await engine_.table.update(key.item(), std::move(aliases), text, unchanged);
    if (!done) co_return std::unexpected(done.error());
    if (done->done) ++put_off_;
    co_return Result<void>{};
}

asio::awaitable<Result<std::size_t>> Cleaner::remove_parts(SteadyTime until) {
    auto const before = engine_.clock.now() - parts_patience;
    auto waiting = co_await due(std::string(waiting_parts), before);
    if (!waiting) co_return std::unexpected(waiting.error());
    std::size_t total = 0;
    for (auto const& note : *waiting) {
        if (!co_await goes_on(until)) co_return total;
        Key key{string_or(note, "PK"), string_or(note, "SK")};
        auto removed = co_await remove_unadopted(engine_, std::move(key), before);
        if (!removed) co_return removed;
        total += *removed;
    }
    co_return total;
}

asio::awaitable<Result<std::size_t>> Cleaner::remove_threads(chat::BlobStore& blobs,
                                                             SteadyTime until) {
    auto const before = engine_.clock.now() - chat::deleted_retention;
    auto deleted = co_await due(std::string(deleted_threads), before);
    if (!deleted) co_return std::unexpected(deleted.error());
    std::size_t total = 0;
    for (auto const& item : *deleted) {
        if (!co_await goes_on(until)) co_return total;
        auto const id = id_behind(string_or(item, "PK"), "KAIWA#THREAD#");
        if (!id) continue;
        ThreadId const thread{*id};
        // The index is late, and clocks differ: what counts is the thread itself, from when on nobody
        // may restore it.
        Aliases aliases;
        Update marks(aliases);
        marks.set("removing", true);
        auto const mark = marks.text();
        auto const due_still =
            fmt::format("{} <= {} AND {}", aliases.path({"kaiwa", "deleted"}),
                        aliases.value(to_iso(before)), is_due(aliases, before));
        auto marked = co_await engine_.table.update(deleted_thread_key(thread).item(), aliases, mark,
                                                    due_still);
        if (!marked) co_return std::unexpected(marked.error());
        if (!marked->done) continue;
        auto removed = co_await remove_deleted_thread(engine_, thread, blobs);
        removed = co_await or_later(std::move(removed), item, before + between_tries);
        if (!removed) co_return removed;
        total += *removed;
    }
    co_return total;
}

asio::awaitable<Result<std::size_t>> Cleaner::remove_uploads(chat::BlobStore& blobs,
                                                             SteadyTime until) {
    auto const before = engine_.clock.now() - chat::deleted_retention;
    auto files = co_await due(std::string(unattached_files), before);
    if (!files) co_return std::unexpected(files.error());
    std::size_t total = 0;
    for (auto const& item : *files) {
        if (!co_await goes_on(until)) co_return total;
        auto const id = id_behind(string_or(item, "PK"), "KAIWA#FILE#");
        if (!id) continue;
        FileId const file{*id};
        Aliases aliases;
        Update marks(aliases);
        marks.set("deleted", true);
        auto const mark = marks.text();
        auto const still = is_due(aliases, before);
        auto done = co_await engine_.table.update(file_key(file).item(), aliases, mark, still);
        if (!done) co_return std::unexpected(done.error());
        if (!done->done) continue;  // attached meanwhile, put off, or gone
        auto removed = co_await remove_file(engine_, std::move(*done->item), blobs);
        removed = co_await or_later(std::move(removed), item, before + between_tries);
        if (!removed) co_return removed;
        total += *removed;
    }
    co_return total;
}

asio::awaitable<Result<std::size_t>> Cleaner::remove_sessions() {
    auto const now = engine_.clock.now();
    auto ended = co_await due(std::string(expiring_sessions), now);
    if (!ended) co_return std::unexpected(ended.error());
    std::vector<Key> keys;
    std::size_t count = 0;
    for (auto const& listed : *ended) {
        Key const key{string_or(listed, "PK"), string_or(listed, "SK")};
        auto item = co_await engine_.table.get(key);
        if (!item) co_return std::unexpected(item.error());
        // The index is late: what counts is the session itself.
        bool const ended_still = *item && string_or(**item, "UserThreadSK") <= index_time(now);
        if (!ended_still) continue;
        ++count;
        keys.push_back(key);
        auto const session = SessionId::parse(string_or(**item, "id"));
        auto const user = UserId::parse(string_or(**item, "user"));
        if (session) keys.push_back(session_key(*session));
        if (session && user) keys.push_back(user_session_key(*user, *session));
    }
    auto gone = co_await engine_.table.batch_remove(std::move(keys));
    if (!gone) co_return std::unexpected(gone.error());
    co_return count;
}

asio::awaitable<Result<std::size_t>> Cleaner::hide_departed(SteadyTime until) {
    auto const before = engine_.clock.now() - departed_for;
    auto const departed = co_await due(std::string(departed_owners), before);
    if (!departed) co_return std::unexpected(departed.error());
    std::size_t total = 0;
    for (auto const& listed : *departed) {
        if (!co_await goes_on(until)) co_return total;
        auto const id = id_behind(string_or(listed, "PK"), "KAIWA#USER#");
        if (!id) continue;
        UserId const owner{*id};
        auto item = co_await engine_.table.get(departed_key(owner));
        if (!item) co_return std::unexpected(item.error());
        bool const is_due = *item && string_or(**item, "UserThreadSK") <= index_time(before);
        if (!is_due) continue;
        auto hidden = co_await settle_departed(owner, string_or(**item, "username"));
        hidden = co_await or_later(std::move(hidden), listed, before + between_tries);
        if (!hidden) co_return hidden;
        total += *hidden;
    }
    co_return total;
}

asio::awaitable<Result<std::size_t>> Cleaner::settle_departed(UserId owner, std::string username) {
    DynamoChatStore chats(engine_);
    DynamoUserStore users(engine_, chats);
    auto const back = co_await users.user(owner);
    if (!back && back.error().code != Errc::not_found) co_return std::unexpected(back.error());
    if (!back) co_return co_await hide_belongings(owner, std::move(username));
    auto dropped = co_await engine_.table.remove(departed_key(owner));
    if (!dropped) co_return std::unexpected(dropped.error());
    co_return 1;
}

asio::awaitable<Result<std::size_t>> Cleaner::hide_belongings(UserId owner, std::string username) {
    DynamoChatStore chats(engine_);
    DynamoUserStore users(engine_, chats);
    // By the id alone: somebody else may have the name by now.
    chat::Principal const who{owner, {}, auth::UserRole::user};
    auto done = co_await chats.hide_belongings(std::move(username), who);
    auto forgotten = co_await users.forget(owner);
    if (done) done = std::move(forgotten);
    if (done) done = co_await engine_.table.remove(departed_key(owner));
    if (!done) co_return std::unexpected(done.error());
    co_return 1;
}

asio::awaitable<bool> Cleaner::goes_on(SteadyTime until) {
    bool const stopped = co_await stop_requested();
    co_return !stopped && std::chrono::steady_clock::now() < until;
}

asio::awaitable<Result<std::size_t>> Cleaner::clean_once(chat::BlobStore& blobs, SteadyTime until) {
    std::size_t total = 0;
    failure_.reset();
    for (;;) {
        if (!co_await goes_on(until)) break;
        auto const before = total + put_off_;
        auto removed = co_await remove_logs(until);
        if (!removed) co_return removed;
        total += *removed;
        removed = co_await delete_passing(until);
        if (!removed) co_return removed;
        total += *removed;
        removed = co_await remove_parts(until);
        if (!removed) co_return removed;
        total += *removed;
        removed = co_await remove_threads(blobs, until);
        if (!removed) co_return removed;
        total += *removed;
        removed = co_await remove_uploads(blobs, until);
        if (!removed) co_return removed;
        total += *removed;
        removed = co_await remove_sessions();
        if (!removed) co_return removed;
        total += *removed;
        removed = co_await hide_departed(until);
        if (!removed) co_return removed;
        total += *removed;
        // Those that were put off may have stood before others whose time is over.
        if (total + put_off_ == before) break;
    }
    if (failure_) co_return std::unexpected(*failure_);
    co_return total;
}

asio::awaitable<void> Cleaner::keep_clean(chat::BlobStore& blobs) {
    for (;;) {
        auto const removed = co_await clean_once(blobs, SteadyTime::max());
        if (!removed) {
            engine_.log.error("cleaning failed", {{"error", removed.error().message}});
        } else if (*removed > 0) {
            engine_.log.info("removed what was past its time", {{"items", *removed}});
        }
        // Asked to stop in the middle of a round, it is not asked again while it sleeps.
        bool const stopped = co_await stop_requested();
        bool const goes_on = !stopped && co_await sleep_for(between_rounds);
        if (!goes_on) co_return;
    }
}

}  // namespace kaiwa::store::dynamodb
