#include "store/sqlite/thread_archive.hpp"

#include "store/common/generation_state.hpp"
#include "store/sqlite/chat_rows.hpp"
#include "store/sqlite/search.hpp"

#include <charconv>

namespace kaiwa::store::sqlite {

using chat::ArchivedMessage;
using chat::ArchivedThread;
using chat::GenerationState;
using chat::MessageState;

namespace {

constexpr std::size_t threads_a_page = 100;

/// The thread of a row of id, owner, owner's name, deleted_at, n.
Result<ArchivedThread> read_archived(Connection& db, Query const& row, Timestamp now) {
    auto thread = read_thread(db, row.integer(4), now);
    if (!thread) return std::unexpected(thread.error());
    return ArchivedThread{{row.id<UserId>(1), row.text(2), auth::UserRole::user},
                          std::move(*thread),
                          row.optional_time(3)};
}

Result<chat::ThreadArchive::Listing> list_threads(Connection& db, std::int64_t after) {
    auto row = db.query("SELECT id, n FROM threads WHERE n > ?1 ORDER BY n LIMIT ?2", after,
                        threads_a_page);
    chat::ThreadArchive::Listing listing;
    while (row.row()) {
        listing.threads.push_back(row.id<ThreadId>(0));
        after = row.integer(1);
    }
    if (listing.threads.size() == threads_a_page) listing.next = std::to_string(after);
    return listing;
}

std::optional<std::int64_t> number_of(Connection& db, ThreadId id) {
    auto row = db.query("SELECT n FROM threads WHERE id = ?1", id);
    return row.row() ? std::optional(row.integer(0)) : std::nullopt;
}

bool is_used(Connection& db, std::int64_t thread) {
    auto row = db.query(
        "SELECT 1 FROM threads WHERE n = ?1 AND (head IS NOT NULL OR deleted_at IS NOT NULL)",
        thread);
    return row.row();
}

/// Reads messages one by one: they are as large as people make them.
class MessageReader final : public chat::ThreadArchive::Reader {
public:
    MessageReader(Engine engine, std::int64_t thread, std::vector<std::int64_t> messages)
        : engine_(engine), thread_(thread), messages_(std::move(messages)) {}

    asio::awaitable<Result<std::vector<ArchivedMessage>>> next() override {
        auto work = [this](Connection& db) { return read_some(db); };
        auto some = co_await engine_.readers.run(std::move(work));
        if (some) at_ += some->size();
        co_return some;
    }
    [[nodiscard]] std::vector<std::string> const& unreadable() const override {
        return unreadable_;
    }

private:
    Result<std::vector<ArchivedMessage>> read_some(Connection& db) const {
        std::vector<ArchivedMessage> out;
        std::size_t bytes = 0;
        for (auto at = at_; at < messages_.size() && out.size() < chat::archived_at_once &&
                            bytes < chat::archived_bytes_at_once;
             ++at) {
            auto branch = read_branch(db, thread_, messages_[at], 1);
            if (branch.messages.empty()) return not_found();  // deleted meanwhile
            auto& archived = out.emplace_back();
            archived.number = at;
            archived.message = std::move(branch.messages.front());
            auto const stored = find_message(db, thread_, archived.message.id);
            if (stored) archived.request_digest = stored->key;
            auto& message = archived.message;
            if (message.state == MessageState::pending) message.state = MessageState::interrupted;
            bytes += message.text.size() + message.reasoning.size() + message.steps_json.size() +
                     message.citations_json.size();
        }
        return out;
    }

    Engine engine_;
    std::int64_t thread_;
    std::vector<std::int64_t> messages_;
    std::size_t at_ = 0;
    std::vector<std::string> unreadable_;
};

void insert_files(Connection& db, UserId owner, std::int64_t message,
                  std::vector<chat::FileInfo> const& files, Timestamp created_at) {
    std::int64_t place = 0;
    for (auto const& file : files) {
        db.run(
            "INSERT INTO files (id, owner, name, media_type, size, created_at, attached) "
            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1) ON CONFLICT (id) DO UPDATE SET attached = 1",
            file.id, owner, file.name, file.media_type, file.size, created_at);
        db.run(
            "INSERT INTO message_files (message, place, file) "
            "SELECT ?1, ?2, n FROM files WHERE id = ?3",
            message, place++, file.id);
    }
}

Result<void> insert_message(Connection& db, std::int64_t thread, UserId owner,
                            ArchivedMessage const& archived, std::string_view filter) {
    auto const& message = archived.message;
    if (find_message(db, thread, message.id)) return {};
    std::optional<MessageRow> parent;
    if (message.parent) {
        parent = find_message(db, thread, *message.parent);
        if (!parent) return fail(Errc::invalid_argument, "a message comes before its parent");
    }
    auto const state =
        message.state == MessageState::pending ? MessageState::interrupted : message.state;
    auto const& digest = archived.request_digest;
    auto const key = digest.empty() ? std::nullopt : std::optional(Bytes{digest});
    auto const& usage = message.usage;
    db.run(
        "INSERT INTO messages (thread, parent, depth, role, state, id, created_at, key, model, "
        "finish, input_tokens, output_tokens, cached_tokens, reasoning_tokens, text, reasoning, "
        "error, steps, citations) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
        "?14, ?15, ?16, ?17, ?18, ?19)",
        thread, parent ? std::optional(parent->n) : std::nullopt, parent ? parent->depth + 1 : 0,
        message.role, state, message.id, message.created_at, key, message.model, message.finish,
        usage ? std::optional(usage->input_tokens) : std::nullopt,
        usage ? std::optional(usage->output_tokens) : std::nullopt,
        usage ? usage->cached_tokens : std::nullopt, usage ? usage->reasoning_tokens : std::nullopt,
        message.text, message.reasoning, message.error, message.steps_json, message.citations_json);
    auto const n = db.last_insert();
    if (message.generation) {
        // Events without segments: its log was left behind, and has expired.
        db.run(
            "INSERT INTO generations (n, thread, id, state, epoch, lease_until, last_event, "
            "sendable, text_bytes, ended_at) VALUES (?1, ?2, ?3, ?4, 1, ?5, 1, 1, ?6, ?7)",
            n, thread, *message.generation, generation_state(state), message.created_at,
            message.text.size(), message.ended_at.value_or(message.created_at));
    }
    if (message.feedback) {
        db.run("INSERT INTO feedback (message, value, comment) VALUES (?1, ?2, ?3)", n,
               message.feedback->value, message.feedback->comment);
    }
    insert_files(db, owner, n, message.files, message.created_at);
    index_message(db, owner, n, filter);
    return {};
}

Result<void> finish_thread(Connection& db, ArchivedThread const& archived) {
    auto const& thread = archived.thread;
    auto const n = number_of(db, thread.id);
    if (!n) return not_found();
    // It was closed before, or somebody goes on with it already.
    if (is_used(db, *n)) return {};
    std::optional<std::int64_t> head;
    if (thread.head) {
        auto const message = find_message(db, *n, *thread.head);
        if (!message)
            return fail(Errc::invalid_argument, "the thread's head is none of its messages");
        head = message->n;
    }
    auto const& settings = thread.settings;
    db.run(
        "UPDATE threads SET title = ?2, created_at = ?3, updated_at = ?4, archived = ?5, "
        "deleted_at = ?6, head = ?7 WHERE n = ?1",
        *n, thread.title, thread.created_at, thread.updated_at, thread.archived,
        archived.deleted_at, head);
    db.run(
        "UPDATE threads SET model = ?2, temperature = ?3, top_p = ?4, max_tokens = ?5, "
        "system_prompt = ?6 WHERE n = ?1",
        *n, settings.model, settings.parameters.temperature, settings.parameters.top_p,
        settings.parameters.max_tokens, settings.system_prompt);
    return {};
}

}  // namespace

asio::awaitable<Result<chat::ThreadArchive::Listing>> SqliteThreadArchive::list(std::string after) {
    std::int64_t place = 0;
    std::from_chars(after.data(), after.data() + after.size(), place);
    auto work = [place](Connection& db) { return list_threads(db, place); };
    co_return co_await engine_.readers.run(std::move(work));
}

asio::awaitable<Result<ArchivedThread>> SqliteThreadArchive::find(ThreadId id) {
    auto work = [id, &clock = engine_.clock](Connection& db) -> Result<ArchivedThread> {
        auto row = db.query(R"sql(
            SELECT t.id, t.owner, coalesce(u.username, 'key:' || k.name, ''), t.deleted_at, t.n
            FROM threads t LEFT JOIN users u ON u.id = t.owner
            LEFT JOIN api_keys k ON k.id = t.owner AND k.user IS NULL
            WHERE t.id = ?1)sql",
                            id);
        if (!row.row()) return not_found();
        return read_archived(db, row, clock.now());
    };
    co_return co_await engine_.readers.run(std::move(work));
}

asio::awaitable<Result<std::unique_ptr<chat::ThreadArchive::Reader>>> SqliteThreadArchive::read(
    ThreadId id) {
    using Found = std::pair<std::int64_t, std::vector<std::int64_t>>;
    auto work = [id](Connection& db) -> Result<Found> {
        auto const n = number_of(db, id);
        if (!n) return not_found();
        Found found{*n, {}};
        auto row = db.query("SELECT n FROM messages WHERE thread = ?1 ORDER BY n", *n);
        while (row.row()) found.second.push_back(row.integer(0));
        return found;
    };
    auto found = co_await engine_.readers.run(std::move(work));
    if (!found) co_return std::unexpected(found.error());
    co_return std::make_unique<MessageReader>(engine_, found->first, std::move(found->second));
}

asio::awaitable<Result<void>> SqliteThreadArchive::open_thread(ArchivedThread archived) {
    auto work = [archived = std::move(archived)](Connection& db) -> Result<void> {
        auto const& thread = archived.thread;
        db.run(
            "INSERT OR IGNORE INTO threads (id, owner, title, created_at, updated_at, archived, "
            "stay) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            thread.id, archived.owner.id, thread.title, thread.created_at, thread.updated_at,
            thread.archived, thread.stay.count());
        auto const mine = db.query("SELECT 1 FROM threads WHERE id = ?1 AND owner = ?2", thread.id,
                                   archived.owner.id)
                              .row();
        if (!mine) return chat::somebody_elses(thread.id);
        return {};
    };
    co_return co_await engine_.writer.run(std::move(work));
}

asio::awaitable<Result<void>> SqliteThreadArchive::add_messages(
    ArchivedThread thread, std::vector<ArchivedMessage> messages) {
    std::vector<std::string> filters;
    for (auto const& each : messages) {
        auto filter = co_await make_filter(engine_, each.message.text);
        if (!filter) co_return std::unexpected(filter.error());
        filters.push_back(std::move(*filter));
    }
    auto work = [id = thread.thread.id, owner = thread.owner.id, messages = std::move(messages),
                 filters = std::move(filters)](Connection& db) -> Result<void> {
        auto const n = number_of(db, id);
        if (!n) return not_found();
        for (std::size_t i = 0; i < messages.size(); ++i) {
            auto added = insert_message(db, *n, owner, messages[i], filters[i]);
            if (!added) return added;
        }
        return {};
    };
    co_return co_await engine_.writer.run(std::move(work));
}

asio::awaitable<Result<void>> SqliteThreadArchive::close_thread(ArchivedThread thread) {
    auto work = [thread = std::move(thread)](Connection& db) { return finish_thread(db, thread); };
    co_return co_await engine_.writer.run(std::move(work));
}

}  // namespace kaiwa::store::sqlite
