#include "store/sqlite/chat_rows.hpp"
#include "store/sqlite/chat_store.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kaiwa::store::sqlite {

using chat::Principal;
using chat::Thread;

namespace {

Result<Thread> store_thread(Connection& db, Principal const& who, chat::NewThread const& thread,
                            Timestamp now) {
    if (auto const existing = find_thread(db, who.id, thread.id)) {
        return read_thread(db, existing->n, now);
    }
    auto const& settings = thread.settings;
    auto const added = db.run(
        "INSERT OR IGNORE INTO threads (id, owner, title, created_at, updated_at, archived, "
        "model, temperature, top_p, max_tokens, system_prompt, stay) "
        "VALUES (?1, ?2, ?3, ?4, ?4, 0, ?5, ?6, ?7, ?8, ?9, ?10)",
        thread.id, who.id, thread.title, now, settings.model, settings.parameters.temperature,
        settings.parameters.top_p, settings.parameters.max_tokens, settings.system_prompt,
        thread.stay.count());
    if (added == 0) return not_found();  // deleted, or somebody else's
    return read_thread(db, db.last_insert(), now);
}

Result<chat::Page<Thread>> list_threads(Connection& db, UserId owner,
                                        chat::ThreadQuery const& query, Place const& before,
                                        Timestamp now, Place& last) {
    auto row =
        db.query(R"sql(
        SELECT t.id, t.title, t.created_at, t.updated_at, h.id, t.n,
               EXISTS (SELECT 1 FROM generations g
                       WHERE g.thread = t.n AND g.state = 0 AND g.lease_until > ?6)
        FROM threads t INDEXED BY threads_live LEFT JOIN messages h ON h.n = t.head
        WHERE t.owner = ?1 AND t.archived = ?2 AND t.deleted_at IS NULL
              AND (t.updated_at, t.n) < (?3, ?4)
        ORDER BY t.updated_at DESC, t.n DESC LIMIT ?5)sql",
                 owner, query.archived, before.numbers[0], before.numbers[1], query.limit + 1, now);
    chat::Page<Thread> page;
    while (row.row()) {
        if (page.items.size() == query.limit) {
            page.next.emplace();  // there is more
            break;
        }
        auto& thread = page.items.emplace_back();
        thread.id = row.id<ThreadId>(0);
        thread.title = row.text(1);
        thread.created_at = row.time(2);
        thread.updated_at = row.time(3);
        thread.archived = query.archived;
        thread.head = row.optional_id<MessageId>(4);
        thread.running = row.boolean(6);
        last.numbers = {row.integer(3), row.integer(5)};
    }
    return page;
}

Result<Thread> change_thread(Connection& db, Principal const& who, ThreadId id,
                             chat::ThreadPatch const& patch, Timestamp now) {
    auto const thread = find_thread(db, who.id, id);
    if (!thread) return not_found();
    auto head = thread->head;
    if (patch.head) {
        auto const message = find_message(db, thread->n, *patch.head);
        if (!message) return not_found();
        head = message->n;
    }
    db.run(
        "UPDATE threads SET title = ifnull(?2, title), archived = ifnull(?3, archived), head = ?4 "
        "WHERE n = ?1",
        thread->n, patch.title, patch.archived, head);
    if (patch.settings) {
        auto const settings = patch.settings->apply_to(thread->settings);
        db.run(
            "UPDATE threads SET model = ?2, temperature = ?3, top_p = ?4, max_tokens = ?5, "
            "system_prompt = ?6 WHERE n = ?1",
            thread->n, settings.model, settings.parameters.temperature, settings.parameters.top_p,
            settings.parameters.max_tokens, settings.system_prompt);
    }
    return read_thread(db, thread->n, now);
}

Result<Thread> take_deletion_back(Connection& db, Principal const& who, ThreadId id,
                                  Timestamp now) {
    auto const oldest = now - chat::deleted_retention;
    db.run(
        "UPDATE threads SET deleted_at = NULL "
        "WHERE id = ?1 AND owner = ?2 AND deleted_at > ?3",
        id, who.id, oldest);
    auto const thread = find_thread(db, who.id, id);
    if (!thread) return not_found();
    return read_thread(db, thread->n, now);
}

}  // namespace

asio::awaitable<Result<Thread>> SqliteChatStore::create_thread(Principal who,
                                                               chat::NewThread thread) {
    auto work = [who = std::move(who), thread = std::move(thread), &clock = engine_.clock](
                    Connection& db) { return store_thread(db, who, thread, clock.now()); };
    co_return co_await engine_.writer.run(std::move(work));
}

asio::awaitable<Result<Thread>> SqliteChatStore::thread(Principal who, ThreadId id) {
    auto work = [who = std::move(who), id,
                 &clock = engine_.clock](Connection& db) -> Result<Thread> {
        auto const thread = find_thread(db, who.id, id);
        if (!thread) return not_found();
        return read_thread(db, thread->n, clock.now());
    };
    co_return co_await engine_.readers.run(std::move(work));
}

asio::awaitable<Result<chat::Page<Thread>>> SqliteChatStore::threads(Principal who,
                                                                     chat::ThreadQuery query) {
    query.limit = page_size(query.limit);
    auto const list = fmt::format("threads/{}/{}", who.id.text(), query.archived);
    constexpr auto end = std::numeric_limits<std::int64_t>::max();
    Place before{{end, end}, {}};
    if (!query.after.empty()) {
        auto const opened = engine_.cursors.open(list, query.after);
        if (!opened) co_return std::unexpected(opened.error());
        auto place = Place::read(*opened, 2);
        if (!place) co_return std::unexpected(place.error());
        before = std::move(*place);
    }
    auto work = [owner = who.id, query, before, list, &cursors = engine_.cursors,
                 &clock = engine_.clock](Connection& db) -> Result<chat::Page<Thread>> {
        Place last;
        auto page = list_threads(db, owner, query, before, clock.now(), last);
        if (page && page->next) page->next = cursors.seal(list, last.bytes());
        return page;
    };
    co_return co_await engine_.readers.run(std::move(work));
}

asio::awaitable<Result<Thread>> SqliteChatStore::update_thread(Principal who, ThreadId id,
                                                               chat::ThreadPatch patch) {
    auto work = [who = std::move(who), id, patch = std::move(patch), &clock = engine_.clock](
                    Connection& db) { return change_thread(db, who, id, patch, clock.now()); };
    co_return co_await engine_.writer.run(std::move(work));
}

asio::awaitable<Result<void>> SqliteChatStore::delete_thread(Principal who, ThreadId id) {
    auto work = [who = std::move(who), id, &clock = engine_.clock](Connection& db) -> Result<void> {
        auto const thread = find_thread(db, who.id, id);
        if (!thread) return not_found();
        db.run("UPDATE threads SET deleted_at = ?2 WHERE n = ?1", thread->n, clock.now());
        db.run("UPDATE generations SET stop_requested = 1 WHERE thread = ?1 AND state = 0",
               thread->n);
        return {};
    };
    co_return co_await engine_.writer.run(std::move(work));
}

asio::awaitable<Result<Thread>> SqliteChatStore::restore_thread(Principal who, ThreadId id) {
    auto work = [who = std::move(who), id, &clock = engine_.clock](Connection& db) {
        return take_deletion_back(db, who, id, clock.now());
    };
    co_return co_await engine_.writer.run(std::move(work));
}

}  // namespace kaiwa::store::sqlite
