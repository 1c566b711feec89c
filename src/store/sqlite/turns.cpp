#include "store/sqlite/chat_rows.hpp"
#include "store/sqlite/chat_store.hpp"
#include "store/sqlite/search.hpp"

namespace kaiwa::store::sqlite {

using chat::MessageRole;
using chat::MessageState;
using chat::Principal;
using chat::TurnTicket;

namespace {

constexpr std::uint64_t first_epoch = 1;

std::unexpected<Error> key_is_taken() {
    return fail(Errc::conflict,
                "this id already stands for another request; make a new id for a new request",
                "idempotency_conflict");
}

struct NewMessage {
    std::optional<std::int64_t> parent;
    std::int64_t depth;
    MessageRole role;
    MessageState state;
    MessageId id;
    std::string_view key;  ///< Empty: not an idempotency key.
    std::optional<std::string> model;
    std::string_view text;
};

std::int64_t insert_message(Connection& db, std::int64_t thread, NewMessage const& message,
                            Timestamp now) {
    auto const key = message.key.empty() ? std::nullopt : std::optional(Bytes{message.key});
    db.run(
        "INSERT INTO messages (thread, parent, depth, role, state, id, created_at, key, model, "
        "text) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        thread, message.parent, message.depth, message.role, message.state, message.id, now, key,
        message.model, message.text);
    return db.last_insert();
}

void insert_generation(Connection& db, std::int64_t thread, std::int64_t reply, GenerationId id,
                       std::string_view handover, Timestamp now) {
    auto const kept = handover.empty() ? std::nullopt : std::optional(handover);
    db.run(
        "INSERT INTO generations (n, thread, id, state, epoch, lease_until, sendable, handover) "
        "VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?7)",
        reply, thread, id, first_epoch, now + chat::lease_time, chat::sendable_ahead, kept);
}

void show_reply(Connection& db, std::int64_t thread, std::int64_t head,
                chat::ThreadSettings const& settings, std::string_view title, Timestamp now) {
    db.run(
        "UPDATE threads SET head = ?2, updated_at = ?3, title = iif(title = '', ?4, title), "
        "model = ?5, temperature = ?6, top_p = ?7, max_tokens = ?8, system_prompt = ?9 "
        "WHERE n = ?1",
        thread, head, now, title, settings.model, settings.parameters.temperature,
        settings.parameters.top_p, settings.parameters.max_tokens, settings.system_prompt);
}

/// The message that a new question follows; none at the root.
Result<std::optional<MessageRow>> find_parent(Connection& db, ThreadRow const& thread,
                                              chat::TurnParent const& parent) {
    using Kind = chat::TurnParent::Kind;
    if (parent.kind == Kind::root || (parent.kind == Kind::head && !thread.head)) {
        return std::nullopt;
    }
    if (parent.kind == Kind::message) {
        auto const message = find_message(db, thread.n, parent.message);
        if (!message) return not_found();
        return message;
    }
    auto row = db.query("SELECT depth, id FROM messages WHERE n = ?1", *thread.head);
    if (!row.row()) return not_found();
    MessageRow head;
    head.n = *thread.head;
    head.depth = row.integer(0);
    head.id = row.id<MessageId>(1);
    return head;
}

Result<void> attach_files(Connection& db, UserId owner, std::int64_t message,
                          std::vector<FileId> const& files) {
    std::int64_t place = 0;
    for (auto const& file : files) {
        auto const attached = db.run(R"sql(
            INSERT INTO message_files (message, place, file)
            SELECT ?1, ?2, f.n FROM files f
            WHERE f.id = ?3 AND f.owner = ?4 AND f.deleted_at IS NULL AND (
                NOT EXISTS (SELECT 1 FROM message_files a WHERE a.file = f.n)
                OR EXISTS (SELECT 1 FROM message_files a
                           JOIN messages m ON m.n = a.message JOIN threads t ON t.n = m.thread
                           WHERE a.file = f.n AND t.deleted_at IS NULL)))sql",
                                     message, place++, file, owner);
        if (attached == 0) return not_found();
        db.run("UPDATE files SET attached = 1 WHERE id = ?1", file);
    }
    return {};
}

/// The ticket of a question that is stored already.
Result<TurnTicket> repeat_turn(Connection& db, ThreadId thread, std::int64_t thread_n,
                               MessageRow const& stored, std::string_view digest) {
    if (stored.role != MessageRole::user || stored.key != digest) return key_is_taken();
    auto row = db.query(
        "SELECT m.id, g.id, g.epoch FROM messages m JOIN generations g ON g.n = m.n "
        "WHERE m.thread = ?1 AND m.parent = ?2 ORDER BY m.n LIMIT 1",
        thread_n, stored.n);
    if (!row.row()) return key_is_taken();
    return TurnTicket{.thread = thread,
                      .message = stored.id,
                      .reply = row.id<MessageId>(0),
                      .generation = row.id<GenerationId>(1),
                      .epoch = row.natural(2),
                      .outcome = TurnTicket::Outcome::repeated};
}

Result<TurnTicket> repeat_reply(Connection& db, ThreadId thread, MessageRow const& stored,
                                std::string_view digest) {
    if (stored.role != MessageRole::assistant || stored.key != digest) return key_is_taken();
    auto row = db.query(
        "SELECT p.id, g.id, g.epoch FROM messages m JOIN messages p ON p.n = m.parent "
        "JOIN generations g ON g.n = m.n WHERE m.n = ?1",
        stored.n);
    if (!row.row()) return key_is_taken();
    return TurnTicket{.thread = thread,
                      .message = row.id<MessageId>(0),
                      .reply = stored.id,
                      .generation = row.id<GenerationId>(1),
                      .epoch = row.natural(2),
                      .outcome = TurnTicket::Outcome::repeated};
}

Result<TurnTicket> store_turn(Connection& db, UserId owner, ThreadId id, chat::NewTurn const& turn,
                              std::string_view filter, Timestamp now) {
    auto const thread = find_thread(db, owner, id);
    if (!thread) return not_found();
    if (auto const stored = find_message(db, thread->n, turn.question)) {
        return repeat_turn(db, id, thread->n, *stored, turn.request_digest);
    }
    auto const parent = find_parent(db, *thread, turn.parent);
    if (!parent) return std::unexpected(parent.error());
    auto settings = chat::merge(thread->settings, turn.settings, turn.default_model);

    NewMessage message{.parent = std::nullopt,
                       .depth = 0,
                       .role = MessageRole::user,
                       .state = MessageState::complete,
                       .id = turn.question,
                       .key = turn.request_digest,
                       .model = std::nullopt,
                       .text = turn.text};
    if (*parent) {
        message.parent = (*parent)->n;
        message.depth = (*parent)->depth + 1;
    }
    auto const question = insert_message(db, thread->n, message, now);
    if (auto attached = attach_files(db, owner, question, turn.files); !attached) {
        return std::unexpected(attached.error());
    }
    message = NewMessage{.parent = question,
                         .depth = message.depth + 1,
                         .role = MessageRole::assistant,
                         .state = MessageState::pending,
                         .id = turn.reply,
                         .key = {},
                         .model = settings.model,
                         .text = {}};
    auto const reply = insert_message(db, thread->n, message, now);
    insert_generation(db, thread->n, reply, turn.generation, turn.handover, now);
    show_reply(db, thread->n, reply, settings, turn.title, now);
    index_message(db, owner, question, filter);
    return TurnTicket{.thread = id,
                      .message = turn.question,
                      .reply = turn.reply,
                      .generation = turn.generation,
                      .epoch = first_epoch,
                      .outcome = TurnTicket::Outcome::created,
                      .titled = !thread->titled && !turn.title.empty(),
                      .settings = std::move(settings),
                      .parent = *parent ? std::optional((*parent)->id) : std::nullopt};
}

Result<TurnTicket> store_reply(Connection& db, UserId owner, ThreadId id,
                               chat::NewReply const& reply, Timestamp now) {
    auto const thread = find_thread(db, owner, id);
    if (!thread) return not_found();
    if (auto const stored = find_message(db, thread->n, reply.reply)) {
        return repeat_reply(db, id, *stored, reply.request_digest);
    }
    auto const answer = find_message(db, thread->n, reply.message);
    if (!answer) return not_found();
    if (answer->role != MessageRole::assistant || !answer->parent) {
        return fail(Errc::invalid_argument, "only an answer can be made again or carried on");
    }
    auto settings = chat::merge(thread->settings, reply.settings, reply.default_model);
    NewMessage const message{.parent = answer->parent,
                             .depth = answer->depth,
                             .role = MessageRole::assistant,
                             .state = MessageState::pending,
                             .id = reply.reply,
                             .key = reply.request_digest,
                             .model = settings.model,
                             .text = {}};
    auto const stored = insert_message(db, thread->n, message, now);
    insert_generation(db, thread->n, stored, reply.generation, reply.handover, now);
    show_reply(db, thread->n, stored, settings, {}, now);
    auto question = db.query("SELECT id FROM messages WHERE n = ?1", *answer->parent);
    if (!question.row()) return not_found();
    return TurnTicket{.thread = id,
                      .message = question.id<MessageId>(0),
                      .reply = reply.reply,
                      .generation = reply.generation,
                      .epoch = first_epoch,
                      .outcome = TurnTicket::Outcome::created,
                      .settings = std::move(settings)};
}

/// The ticket that a repeat gets.
Result<std::optional<TurnTicket>> repeated(Result<TurnTicket> ticket) {
    if (!ticket) return std::unexpected(ticket.error());
    return std::move(*ticket);
}

}  // namespace

asio::awaitable<Result<std::optional<TurnTicket>>> SqliteChatStore::find_ticket(
    Principal who, ThreadId id, MessageId key, std::string request_digest) {
    auto work = [owner = who.id, id, key, digest = std::move(request_digest)](
                    Connection& db) -> Result<std::optional<TurnTicket>> {
        auto const thread = find_thread(db, owner, id);
        if (!thread) return not_found();
        auto const stored = find_message(db, thread->n, key);
        if (!stored) return std::nullopt;
        return repeated(stored->role == MessageRole::user
                            ? repeat_turn(db, id, thread->n, *stored, digest)
                            : repeat_reply(db, id, *stored, digest));
    };
    co_return co_await engine_.readers.run(std::move(work));
}

asio::awaitable<Result<TurnTicket>> SqliteChatStore::begin_turn(Principal who, ThreadId thread,
                                                                chat::NewTurn turn) {
    auto filter = co_await make_filter(engine_, turn.text);
    if (!filter) co_return std::unexpected(filter.error());
    auto const bytes = turn.text.size();
    auto work = [owner = who.id, thread, turn = std::move(turn), filter = std::move(*filter),
                 &clock = engine_.clock](Connection& db) {
        return store_turn(db, owner, thread, turn, filter, clock.now());
    };
    co_return co_await engine_.writer.run(std::move(work), bytes);
}

asio::awaitable<Result<TurnTicket>> SqliteChatStore::begin_reply(Principal who, ThreadId thread,
                                                                 chat::NewReply reply) {
    auto work = [owner = who.id, thread, reply = std::move(reply), &clock = engine_.clock](
                    Connection& db) { return store_reply(db, owner, thread, reply, clock.now()); };
    co_return co_await engine_.writer.run(std::move(work));
}

}  // namespace kaiwa::store::sqlite
