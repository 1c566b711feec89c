#include "store/sqlite/chat_rows.hpp"
#include "store/sqlite/chat_store.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kaiwa::store::sqlite {

using chat::Message;
using chat::Principal;

namespace {

constexpr std::size_t max_branch = 100'000;

/// The message that a page ends with; nothing for an empty thread.
Result<std::optional<std::int64_t>> last_of_page(Connection& db, ThreadRow const& thread,
                                                 chat::MessageQuery const& query,
                                                 std::optional<std::int64_t> before) {
    if (before) return before;
    if (!query.from) return thread.head;
    auto const message = find_message(db, thread.n, *query.from);
    if (!message) return not_found();
    return message->n;
}

Result<std::int64_t> message_of(Connection& db, UserId owner, ThreadId thread, MessageId id) {
    auto const found = find_thread(db, owner, thread);
    if (!found) return not_found();
    auto const message = find_message(db, found->n, id);
    if (!message) return not_found();
    return message->n;
}

Result<std::int64_t> newest_leaf(Connection& db, UserId owner, ThreadId id, MessageId message) {
    auto const thread = find_thread(db, owner, id);
    if (!thread) return not_found();
    auto const from = find_message(db, thread->n, message);
    if (!from) return not_found();
    auto row = db.query(R"sql(
        WITH RECURSIVE below(n) AS (
            SELECT ?2
            UNION ALL
            SELECT m.n FROM below b JOIN messages m ON m.thread = ?1 AND m.parent = b.n)
        SELECT max(n) FROM below)sql",
                        thread->n, from->n);
    // Numbers grow with time, so the greatest has nothing below it.
    return row.row() ? row.integer(0) : from->n;
}

Result<chat::FileInfo> find_file(Connection& db, UserId owner, FileId id) {
    auto row = db.query(R"sql(
        SELECT id, name, media_type, size FROM files f
        WHERE id = ?1 AND owner = ?2 AND deleted_at IS NULL AND (
            NOT EXISTS (SELECT 1 FROM message_files a WHERE a.file = f.n)
            OR EXISTS (SELECT 1 FROM message_files a
                       JOIN messages m ON m.n = a.message JOIN threads t ON t.n = m.thread
                       WHERE a.file = f.n AND t.deleted_at IS NULL)))sql",
                        id, owner);
    if (!row.row()) return not_found();
    return chat::FileInfo{row.id<FileId>(0), row.text(1), row.text(2), row.natural(3)};
}

}  // namespace

asio::awaitable<Result<chat::Page<Message>>> SqliteChatStore::messages(Principal who,
                                                                       ThreadId thread,
                                                                       chat::MessageQuery query) {
    query.limit = page_size(query.limit, max_branch);
    auto const list = fmt::format("messages/{}/{}", who.id.text(), thread.text());
    std::optional<std::int64_t> before;
    if (!query.before.empty()) {
        auto const opened = engine_.cursors.open(list, query.before);
        if (!opened) co_return std::unexpected(opened.error());
        auto const place = Place::read(*opened, 1);
        if (!place) co_return std::unexpected(place.error());
        before = place->numbers[0];
    }
    auto work = [owner = who.id, thread, query, before, list,
                 &cursors = engine_.cursors](Connection& db) -> Result<chat::Page<Message>> {
        chat::Page<Message> page;
        auto const found = find_thread(db, owner, thread);
        if (!found) return not_found();
        auto const last = last_of_page(db, *found, query, before);
        if (!last) return std::unexpected(last.error());
        if (!*last) return page;
        auto branch = read_branch(db, found->n, **last, query.limit);
        page.items = std::move(branch.messages);
        if (branch.parent_of_first) {
            Place const place{{*branch.parent_of_first}, {}};
            page.next = cursors.seal(list, place.bytes());
        }
        return page;
    };
    co_return co_await engine_.readers.run(std::move(work));
}

asio::awaitable<Result<Message>> SqliteChatStore::message(Principal who, ThreadId thread,
                                                          MessageId id) {
    auto work = [owner = who.id, thread, id](Connection& db) -> Result<Message> {
        auto const found = find_thread(db, owner, thread);
        if (!found) return not_found();
        auto const message = find_message(db, found->n, id);
        if (!message) return not_found();
        auto branch = read_branch(db, found->n, message->n, 1);
        if (branch.messages.empty()) return not_found();
        return std::move(branch.messages.front());
    };
    co_return co_await engine_.readers.run(std::move(work));
}

asio::awaitable<Result<chat::Thread>> SqliteChatStore::select_branch(Principal who, ThreadId thread,
                                                                     MessageId message) {
    // The walk is long in a long thread, so it is a read; the writer only sets what it found.
    auto search = [owner = who.id, thread, message](Connection& db) {
        return newest_leaf(db, owner, thread, message);
    };
    auto const leaf = co_await engine_.readers.run(std::move(search));
    if (!leaf) co_return std::unexpected(leaf.error());
    auto work = [owner = who.id, thread, head = *leaf,
                 &clock = engine_.clock](Connection& db) -> Result<chat::Thread> {
        auto const found = find_thread(db, owner, thread);
        if (!found) return not_found();
        db.run("UPDATE threads SET head = ?2 WHERE n = ?1", found->n, head);
        return read_thread(db, found->n, clock.now());
    };
    co_return co_await engine_.writer.run(std::move(work));
}

asio::awaitable<Result<void>> SqliteChatStore::put_feedback(Principal who, ThreadId thread,
                                                            MessageId message,
                                                            chat::Feedback feedback) {
    auto work = [owner = who.id, thread, message,
                 feedback = std::move(feedback)](Connection& db) -> Result<void> {
        auto const n = message_of(db, owner, thread, message);
        if (!n) return std::unexpected(n.error());
        db.run("INSERT OR REPLACE INTO feedback (message, value, comment) VALUES (?1, ?2, ?3)", *n,
               feedback.value, feedback.comment);
        return {};
    };
    co_return co_await engine_.writer.run(std::move(work));
}

asio::awaitable<Result<void>> SqliteChatStore::remove_feedback(Principal who, ThreadId thread,
                                                               MessageId message) {
    auto work = [owner = who.id, thread, message](Connection& db) -> Result<void> {
        auto const n = message_of(db, owner, thread, message);
        if (!n) return std::unexpected(n.error());
        db.run("DELETE FROM feedback WHERE message = ?1", *n);
        return {};
    };
    co_return co_await engine_.writer.run(std::move(work));
}

asio::awaitable<Result<void>> SqliteChatStore::add_file(Principal who, chat::FileInfo file) {
    auto work = [owner = who.id, file = std::move(file),
                 &clock = engine_.clock](Connection& db) -> Result<void> {
        db.run(
            "INSERT INTO files (id, owner, name, media_type, size, created_at) "
            "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            file.id, owner, file.name, file.media_type, file.size, clock.now());
        return {};
    };
    co_return co_await engine_.writer.run(std::move(work));
}

asio::awaitable<Result<chat::FileInfo>> SqliteChatStore::file(Principal who, FileId id) {
    auto work = [owner = who.id, id](Connection& db) { return find_file(db, owner, id); };
    co_return co_await engine_.readers.run(std::move(work));
}

}  // namespace kaiwa::store::sqlite
