#include "store/dynamodb/chat_store.hpp"
#include "store/dynamodb/file_row.hpp"
#include "store/dynamodb/text_parts.hpp"
#include "store/dynamodb/thread_reader.hpp"

#include <algorithm>

namespace kaiwa::store::dynamodb {

using chat::Message;
using chat::MessageRole;
using chat::MessageState;
using chat::Principal;
using chat::TurnTicket;

namespace {

constexpr std::uint64_t first_epoch = 1;
/// So many that a turn's transaction holds them all.
constexpr std::size_t max_files = 40;

std::unexpected<Error> key_is_taken() {
    return fail(Errc::conflict,
                "this id already stands for another request; make a new id for a new request",
                "idempotency_conflict");
}

/// As it is kept: short, whatever the caller takes for a digest.
std::string key_of(std::string_view digest) {
    if (digest.size() > sizeof(Sha256)) return hex(sha256(digest));
    return hex({reinterpret_cast<std::uint8_t const*>(digest.data()), digest.size()});
}

std::string not_there(Aliases& aliases) {
    return "attribute_not_exists(" + aliases.name("PK") + ")";
}

/// Where a new question hangs; `Tree::none` at the root.
Result<std::size_t> find_parent(Tree const& tree, chat::TurnParent const& parent) {
    using Kind = chat::TurnParent::Kind;
    if (parent.kind == Kind::root) return Tree::none;
    if (parent.kind == Kind::head) return tree.head();
    auto const place = tree.find(parent.message);
    if (place == Tree::none) return not_found();
    return place;
}

/// The ticket of a question that is stored already.
Result<TurnTicket> repeat_turn(Tree const& tree, ThreadId thread, std::size_t place,
                               std::string_view digest) {
    auto const& stored = tree[place];
    if (stored.message.role != MessageRole::user || stored.key != key_of(digest))
        return key_is_taken();
    for (auto i = place + 1; i < tree.size(); ++i) {
        if (tree.parent(i) != place || !tree[i].message.generation) continue;
        return TurnTicket{.thread = thread,
                          .message = stored.message.id,
                          .reply = tree[i].message.id,
                          .generation = *tree[i].message.generation,
                          .epoch = first_epoch,
                          .outcome = TurnTicket::Outcome::repeated};
    }
    return key_is_taken();
}

Result<TurnTicket> repeat_reply(Tree const& tree, ThreadId thread, std::size_t place,
                                std::string_view digest) {
    auto const& stored = tree[place];
    bool const same = stored.message.role == MessageRole::assistant && stored.key == key_of(digest);
    if (!same || !stored.message.parent || !stored.message.generation) return key_is_taken();
    return TurnTicket{.thread = thread,
                      .message = *stored.message.parent,
                      .reply = stored.message.id,
                      .generation = *stored.message.generation,
                      .epoch = first_epoch,
                      .outcome = TurnTicket::Outcome::repeated};
}

GenerationRow new_generation(Principal const& who, ThreadId thread, MessageId reply,
                             GenerationId id, std::string handover, Timestamp now) {
    GenerationRow row;
    row.handover = std::move(handover);
    row.owner = who.id.text();
    row.shown.id = id;
    row.shown.thread = thread;
    row.shown.reply = reply;
    row.shown.epoch = first_epoch;
    row.shown.lease_until = now + chat::lease_time;
    row.shown.sendable = chat::sendable_ahead;
    return row;
}

Message new_message(MessageId id, MessageRole role, std::optional<MessageId> parent,
                    Timestamp now) {
    Message message;
    message.id = id;
    message.role = role;
    message.parent = parent;
    message.created_at = now;
    message.state = role == MessageRole::user ? MessageState::complete : MessageState::pending;
    return message;
}

Message new_reply(MessageId id, MessageId question, GenerationId generation,
                  std::string const& model, Timestamp now) {
    auto reply = new_message(id, MessageRole::assistant, question, now);
    reply.generation = generation;
    reply.model = model;
    return reply;
}

/// The thread after the new answer became its end.
ThreadRow with_reply(ThreadRow row, Principal const& who, Message const& reply,
                     chat::ThreadSettings const& settings, std::uint64_t next, bool forks) {
    row.owner = who.id.text();
    row.head = reply.id;
    row.settings = settings;
    row.next = next;
    row.branched = row.branched || forks;
    row.updated_at = reply.created_at;
    row.running.push_back(*reply.generation);
    // A list of what may run, not of what ran: its oldest are long over.
    if (row.running.size() > 64) row.running.erase(row.running.begin());
    return row;
}

void add_files(Engine const& engine, ThreadId thread, MessageId message,
               std::vector<FileRow> const& files, UserId owner, std::vector<Action>& actions) {
    auto const& table = engine.table;
    std::int64_t place = 0;
    for (auto const& file : files) {
        actions.push_back(table.put_action(
            element_item(thread, message, place++, file.info, engine.object_prefix)));
        Aliases aliases;
        Update update(aliases);
        Value::Set set{Value::Set::Of::strings, {thread.text()}};
        update.add("threads", std::move(set)).remove("UserThreadPK").remove("UserThreadSK");
        auto const text = update.text();
        auto const name = aliases.name("owner");
        auto const condition = fmt::format("{} = {} AND attribute_not_exists({})", name,
                                           aliases.value(owner.text()), aliases.name("deleted"));
        actions.push_back(
            table.update_action(file_key(file.info.id).item(), aliases, text, condition));
    }
}

}  // namespace

asio::awaitable<Result<std::optional<TurnTicket>>> DynamoChatStore::find_ticket(
    Principal who, ThreadId id, MessageId key, std::string request_digest) {
    auto const row = co_await load_thread(engine_, who, id);
    if (!row) co_return std::unexpected(row.error());
    auto const tree = co_await load_tree(engine_, *row);
    if (!tree) co_return std::unexpected(tree.error());
    auto const stored = tree->find(key);
    if (stored == Tree::none) co_return std::nullopt;
    auto ticket = (*tree)[stored].message.role == MessageRole::user
                      ? repeat_turn(*tree, id, stored, request_digest)
                      : repeat_reply(*tree, id, stored, request_digest);
    if (!ticket) co_return std::unexpected(ticket.error());
    co_return std::move(*ticket);
}

asio::awaitable<Result<TurnTicket>> DynamoChatStore::begin_turn(Principal who, ThreadId id,
                                                                chat::NewTurn turn) {
    if (turn.files.size() > max_files)
        co_return fail(Errc::too_large,
                       fmt::format("a message can have {} files at most", max_files));
    auto& table = engine_.table;
    // The parts of a long text are there before the transaction that makes them a message.
    auto const tag = turn.question.text() + "-" + turn.generation.text();
    auto const text = split_text(turn.text, {}, "[]", "[]", tag);
    bool parts_stored = text.parts.empty();
    Backoff backoff(engine_.random);
    for (;;) {
        auto const before = co_await load_thread(engine_, who, id);
        if (!before) co_return std::unexpected(before.error());
        auto tree = co_await load_tree(engine_, *before);
        if (!tree) co_return std::unexpected(tree.error());
        auto const stored = tree->find(turn.question);
        if (stored != Tree::none)
            co_return repeat_turn(*tree, id, stored, turn.request_digest);
        auto const parent = find_parent(*tree, turn.parent);
        if (!parent) co_return std::unexpected(parent.error());
        std::vector<FileRow> files;
        if (!turn.files.empty()) {
            auto usable = co_await usable_files(engine_, who, turn.files);
            if (!usable) co_return std::unexpected(usable.error());
            files = std::move(*usable);
        }
        if (!std::exchange(parts_stored, true)) {
            PartsOwner const owner{id, turn.question};
            auto put = co_await store_parts(engine_, owner, text);
            if (!put) co_return std::unexpected(put.error());
        }
        if (auto sound = check_changeable(*before); !sound)
            co_return std::unexpected(sound.error());

        auto const now = engine_.clock.now();
        bool const forks = *parent != tree->head();
        bool const branched = before->has_ours ? before->branched : tree->has_hidden();
        auto const parent_id =
            *parent == Tree::none ? std::nullopt : std::optional((*tree)[*parent].message.id);
        auto const question = new_message(turn.question, MessageRole::user, parent_id, now);
        auto const settings = chat::merge(before->settings, turn.settings, turn.default_model);
        auto const model = settings.model.value_or("");
        auto const reply = new_reply(turn.reply, turn.question, turn.generation, model, now);
        auto const number = tree->next();
        auto after = with_reply(*before, who, reply, settings, number + 2, forks || branched);
        bool const titled = before->title.empty() && !turn.title.empty();
        if (titled) after.title = turn.title;
        auto const change = change_of(*before, after, Touch::new_time);
        auto const no_text = split_text({}, {}, "[]", "[]", {});

        Aliases absent;
        auto const free = not_there(absent);
        NewStep const asked{id, question, number, who.username, key_of(turn.request_digest), text};
        NewStep const answered{id, reply, number + 1, model, {}, no_text};
        std::vector<Action> actions;
        actions.push_back(table.update_action(thread_key(id).item(), change.aliases, change.update,
                                              change.condition));
        actions.push_back(table.put_action(step_item(asked), absent, free));
        actions.push_back(table.put_action(step_item(answered), absent, free));
        auto const run = new_generation(who, id, turn.reply, turn.generation, turn.handover, now);
        actions.push_back(table.put_action(generation_item(run), absent, free));
        add_files(engine_, id, turn.question, files, who.id, actions);
        auto const adoption = actions.size();
        if (text.overflow) actions.push_back(adopt_parts(table, *text.overflow));

        auto done = co_await table.transact(std::move(actions));
        if (!done) co_return std::unexpected(done.error());
        if (done->done) {
            if (forks || branched) {
                auto const end = *parent;
                co_await show_branch(engine_, id, std::move(*tree), end);
            }
            co_return TurnTicket{.thread = id,
                                 .message = turn.question,
                                 .reply = turn.reply,
                                 .generation = turn.generation,
                                 .epoch = first_epoch,
                                 .outcome = TurnTicket::Outcome::created,
                                 .titled = titled,
                                 .settings = settings,
                                 .parent = parent_id};
        }
        if (done->refused_at(adoption)) parts_stored = false;
        bool const goes_on = co_await backoff.pause();
        if (!goes_on) co_return busy();
    }
}

asio::awaitable<Result<TurnTicket>> DynamoChatStore::begin_reply(Principal who, ThreadId id,
                                                                 chat::NewReply wanted) {
    auto& table = engine_.table;
    Backoff backoff(engine_.random);
    for (;;) {
        auto const before = co_await load_thread(engine_, who, id);
        if (!before) co_return std::unexpected(before.error());
        auto tree = co_await load_tree(engine_, *before);
        if (!tree) co_return std::unexpected(tree.error());
        auto const stored = tree->find(wanted.reply);
        if (stored != Tree::none)
            co_return repeat_reply(*tree, id, stored, wanted.request_digest);
        auto const answer = tree->find(wanted.message);
        if (answer == Tree::none) co_return not_found();
        auto const parent = tree->parent(answer);
        if ((*tree)[answer].message.role != MessageRole::assistant || parent == Tree::none)
            co_return fail(Errc::invalid_argument,
                           "only an answer can be made again or carried on");
        if (auto sound = check_changeable(*before); !sound)
            co_return std::unexpected(sound.error());

        auto const now = engine_.clock.now();
        auto const question = (*tree)[parent].message.id;
        auto const settings = chat::merge(before->settings, wanted.settings, wanted.default_model);
        auto const model = settings.model.value_or("");
        auto const reply = new_reply(wanted.reply, question, wanted.generation, model, now);
        auto const number = tree->next();
        auto const after = with_reply(*before, who, reply, settings, number + 1, true);
        auto const change = change_of(*before, after, Touch::new_time);
        auto const no_text = split_text({}, {}, "[]", "[]", {});
        Aliases absent;
        auto const free = not_there(absent);
        NewStep const answered{id, reply, number, model, key_of(wanted.request_digest),
                               no_text};
        std::vector<Action> actions;
        actions.push_back(table.update_action(thread_key(id).item(), change.aliases, change.update,
                                              change.condition));
        actions.push_back(table.put_action(step_item(answered), absent, free));
        auto const run = new_generation(who, id, wanted.reply, wanted.generation, wanted.handover, now);
        actions.push_back(table.put_action(generation_item(run), absent, free));
        auto done = co_await table.transact(std::move(actions));
        if (!done) co_return std::unexpected(done.error());
        if (done->done) {
            co_await show_branch(engine_, id, std::move(*tree), parent);
            co_return TurnTicket{.thread = id,
                                 .message = question,
                                 .reply = wanted.reply,
                                 .generation = wanted.generation,
                                 .epoch = first_epoch,
                                 .outcome = TurnTicket::Outcome::created,
                                 .settings = settings};
        }
        bool const goes_on = co_await backoff.pause();
        if (!goes_on) co_return busy();
    }
}

}  // namespace kaiwa::store::dynamodb
