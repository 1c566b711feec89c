#include "store/dynamodb/thread_archive.hpp"

#include "store/common/generation_state.hpp"
#include "store/dynamodb/file_row.hpp"
#include "store/dynamodb/generation_row.hpp"
#include "store/dynamodb/thread_reader.hpp"
#include "store/dynamodb/user_row.hpp"

#include <algorithm>

namespace kaiwa::store::dynamodb {

using chat::ArchivedMessage;
using chat::ArchivedThread;
using chat::GenerationState;
using chat::MessageState;

namespace {

/// The digest as others know it: bytes. What is no hexadecimal text stays as it is.
std::string digest_of(std::string const& key) {
    auto const value = [](char c) -> int {
        if (c >= '0' && c <= '9') return c - '0';
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    };
    std::string out;
    if (key.size() % 2 != 0) return key;
    for (std::size_t i = 0; i < key.size(); i += 2) {
        auto const high = value(key[i]);
        auto const low = value(key[i + 1]);
        if (high < 0 || low < 0) return key;
        out.push_back(static_cast<char>(high * 16 + low));
    }
    return out;
}

std::string key_of(std::string const& digest) {
    return hex({reinterpret_cast<std::uint8_t const*>(digest.data()), digest.size()});
}

class TreeReader final : public chat::ThreadArchive::Reader {
public:
    TreeReader(Engine engine, ThreadId thread, Tree tree)
        : engine_(engine), thread_(thread), tree_(std::move(tree)) {}

    asio::awaitable<Result<std::vector<ArchivedMessage>>> next() override {
        std::vector<ArchivedMessage> out;
        std::size_t bytes = 0;
        std::vector<std::size_t> ahead;
        for (auto i = at_; i < std::min(tree_.size(), at_ + read_ahead); ++i) ahead.push_back(i);
        auto loaded = co_await load_whole(engine_, thread_, tree_, std::move(ahead));
        if (!loaded) co_return std::unexpected(loaded.error());
        while (at_ < tree_.size() && out.size() < chat::archived_at_once &&
               bytes < chat::archived_bytes_at_once) {
            auto message = co_await whole_message(engine_, thread_, tree_, at_);
            if (!message) co_return std::unexpected(message.error());
            auto& archived = out.emplace_back();
            archived.number = at_;
            archived.request_digest = digest_of(tree_[at_].key);
            archived.message = std::move(*message);
            auto& whole = archived.message;
            if (whole.state == MessageState::pending) whole.state = MessageState::interrupted;
            bytes += whole.text.size() + whole.reasoning.size() + whole.steps_json.size() +
                     whole.citations_json.size();
            ++at_;
        }
        co_return out;
    }
    [[nodiscard]] std::vector<std::string> const& unreadable() const override {
        return tree_.unreadable();
    }

private:
    static constexpr std::size_t read_ahead = 32;

    Engine engine_;
    ThreadId thread_;
    Tree tree_;
    std::size_t at_ = 0;
};

ThreadRow row_from(ArchivedThread const& archived) {
    auto const& thread = archived.thread;
    ThreadRow row;
    row.id = thread.id;
    row.title = thread.title;
    row.user_id = archived.owner.username;
    row.owner = archived.owner.id.text();
    row.created_at = thread.created_at;
    row.updated_at = thread.updated_at;
    row.archived = thread.archived;
    row.stay = thread.stay;
    row.settings = thread.settings;
    row.head = thread.head;
    row.deleted_at = archived.deleted_at;
    return row;
}

/// The items of a message: itself and the rest of a long text.
void add_message(ArchivedThread const& thread, ArchivedMessage const& archived,
                 std::optional<std::string> const& object_prefix, std::vector<Item>& items) {
    auto message = archived.message;
    if (message.state == MessageState::pending) message.state = MessageState::interrupted;
    bool const asked = message.role == chat::MessageRole::user;
    auto const tag = thread.thread.id.text() + "-" + message.id.text();
    auto text = split_text(message.text, message.reasoning, message.steps_json,
                           message.citations_json, tag);
    NewStep const step{thread.thread.id,
                       message,
                       archived.number,
                       asked ? thread.owner.username : message.model.value_or(""),
                       key_of(archived.request_digest),
                       text};
    auto item = step_item(step);
    if (message.ended_at) item["end"] = to_iso(*message.ended_at);
    if (message.feedback)
        item["feedback"] = feedback_item(thread.thread.id, message.id, *message.feedback);
    // A message must not be there before the rest of its text.
    std::ranges::move(text.parts, std::back_inserter(items));
    if (message.generation) {
        GenerationRow run;
        run.owner = thread.owner.id.text();
        run.shown.id = *message.generation;
        run.shown.thread = thread.thread.id;
        run.shown.reply = message.id;
        run.shown.state = generation_state(message.state);
        run.shown.epoch = 1;
        run.shown.lease_until = message.created_at;
        run.shown.text_bytes = message.text.size();
        run.shown.ended_at = Timestamp();  // its log was left behind
        items.push_back(generation_item(run));
    }
    std::int64_t place = 0;
    for (auto const& file : message.files)
        items.push_back(
            element_item(thread.thread.id, message.id, place++, file, object_prefix));
    items.push_back(std::move(item));
}

}  // namespace

asio::awaitable<Result<std::optional<ThreadRow>>> DynamoThreadArchive::row_of(ThreadId id) {
    std::optional<ThreadRow> found;
    for (auto const& key : {thread_key(id), deleted_thread_key(id)}) {
        auto item = co_await engine_.table.get(key);
        if (!item) co_return std::unexpected(item.error());
        if (!*item) continue;
        auto row = read_thread(**item);
        if (!row) co_return std::unexpected(row.error());
        // What Chainlit wrote in the place of a deleted one counts only for whoever deleted it.
        bool const came_back = found && !found->user_id.empty() && found->user_id == row->user_id;
        if (came_back) found->owner = row->owner;
        else found = std::move(*row);
        if (found->has_ours) break;
    }
    co_return found;
}

asio::awaitable<Result<std::optional<Timestamp>>> DynamoThreadArchive::served_until() {
    Query query{.pk = std::string(servers_partition)};
    auto const servers = co_await engine_.table.query_all(std::move(query));
    if (!servers) co_return std::unexpected(servers.error());
    std::optional<Timestamp> latest;
    for (auto const& server : *servers) {
        auto const until =
            Timestamp(std::chrono::milliseconds(optional_integer(server, "until").value_or(0)));
        if (until > engine_.clock.now()) latest = std::max(latest.value_or(until), until);
    }
    co_return latest;
}

asio::awaitable<Result<chat::ThreadArchive::Listing>> DynamoThreadArchive::list(std::string after) {
    Scan scan{.sort_keys = {"THREAD", "DELETED"},
              .or_prefix = "ELEMENT#",
              .only = {"PK", "SK", "id", "forId", "objectKey", "kaiwaFile", "kaiwaForeign"}};
    if (!after.empty()) {
        auto const parsed = parse_json(after);
        auto from = parsed ? item_from_json(*parsed) : std::unexpected(parsed.error());
        if (!from) co_return std::unexpected(from.error());
        scan.from = std::move(*from);
    }
    auto page = co_await engine_.table.scan_page(std::move(scan));
    if (!page) co_return std::unexpected(page.error());
    Listing listing;
    for (auto& item : page->items) {
        auto const key = string_or(item, "PK");
        auto const sort = string_or(item, "SK");
        if (sort.starts_with("ELEMENT#")) {
            auto const element = read_element(std::move(item));
            if (element && !element->file.foreign_key.empty()) ++listing.foreign_files;
            continue;
        }
        auto const prefix = sort == "THREAD" ? std::string_view("THREAD#")
                                                              : std::string_view("KAIWA#THREAD#");
        if (!key.starts_with(prefix)) continue;
        auto const id = ThreadId::parse(std::string_view(key).substr(prefix.size()));
        if (id)
            listing.threads.push_back(*id);
        else
            listing.unreadable.push_back(key);
    }
    if (page->next) listing.next = json::serialize(to_json(*page->next));
    co_return listing;
}

asio::awaitable<Result<ArchivedThread>> DynamoThreadArchive::find(ThreadId id) {
    auto row = co_await row_of(id);
    if (!row) co_return std::unexpected(row.error());
    if (!*row) co_return not_found();
    auto const& found = **row;
    ArchivedThread out;
    out.thread = shown(found);
    out.deleted_at = found.deleted_at;
    out.owner.username = found.user_id;
    auto const owner = found.owner ? UserId::parse(*found.owner) : std::nullopt;
    out.owner.id = owner.value_or(id_of_name(found.user_id));
    bool const has_users = !engine_.users.name().empty();
    if (!owner && !found.user_id.empty() && has_users) {
        auto item = co_await engine_.users.get(user_name_key(found.user_id));
        if (!item) co_return std::unexpected(item.error());
        if (*item) out.owner.id = read_user(**item).shown.user.id;
    }
    // Chainlit writes nowhere where its threads end, and goes on from the end of ours.
    auto const tree = co_await load_tree(engine_, found);
    if (!tree) co_return std::unexpected(tree.error());
    auto const head = tree->head();
    bool const is_open =
        found.has_ours && !found.head && head != Tree::none && (*tree)[head].is_ours;
    out.thread.head.reset();
    if (head != Tree::none && !is_open) out.thread.head = (*tree)[head].message.id;

    std::vector<Key> keys;
    for (auto const& generation : found.running) keys.push_back(generation_key(generation));
    auto items = co_await engine_.table.batch_get(std::move(keys));
    if (!items) co_return std::unexpected(items.error());
    for (auto const& item : *items) {
        auto const generation = read_generation(item);
        if (generation && generation->shown.state == GenerationState::running &&
            generation->shown.lease_until > engine_.clock.now())
            out.thread.running = true;
    }
    co_return out;
}

asio::awaitable<Result<std::unique_ptr<chat::ThreadArchive::Reader>>> DynamoThreadArchive::read(
    ThreadId id) {
    auto row = co_await row_of(id);
    if (!row) co_return std::unexpected(row.error());
    if (!*row) co_return not_found();
    auto tree = co_await load_tree(engine_, std::move(**row));
    if (!tree) co_return std::unexpected(tree.error());
    if (tree->has_gaps())
        co_return fail(Errc::unavailable,
                       "a message of thread " + id.text() + " names a parent that is not there",
                       "gaps");
    co_return std::make_unique<TreeReader>(engine_, id, std::move(*tree));
}

asio::awaitable<Result<void>> DynamoThreadArchive::open_thread(ArchivedThread thread) {
    auto row = row_from(thread);
    row.head.reset();
    row.deleted_at.reset();
    row.branched = true;  // nobody knows yet
    for (int attempt = 0; attempt < 2; ++attempt) {
        auto const there = co_await row_of(row.id);
        if (!there) co_return std::unexpected(there.error());
        if (*there && !(*there)->is_of(thread.owner)) co_return chat::somebody_elses(row.id);
        if (*there) co_return Result<void>{};
        auto item = new_thread_item(row);
        Aliases aliases;
        auto const absent = "attribute_not_exists(" + aliases.name("PK") + ")";
        auto put = co_await engine_.table.put_if(std::move(item), std::move(aliases), absent);
        if (!put) co_return std::unexpected(put.error());
        if (put->done) co_return Result<void>{};
    }
    co_return busy();
}

asio::awaitable<Result<void>> DynamoThreadArchive::add_files(ArchivedThread thread,
                                                             ArchivedMessage archived) {
    for (auto const& file : archived.message.files) {
        Aliases aliases;
        Update update(aliases);
        Value::Set threads{Value::Set::Of::strings, {thread.thread.id.text()}};
        update.set("id", file.id.text())
            .set("owner", thread.owner.id.text())
            .set("name", file.name)
            .set("mime", file.media_type)
            .set("size", file.size)
            .add("threads", std::move(threads));
        auto text = update.text();
        auto stored = co_await engine_.table.update(file_key(file.id).item(), std::move(aliases),
                                                    std::move(text), {});
        if (!stored) co_return std::unexpected(stored.error());
        auto pointer = co_await engine_.table.put(file_pointer(thread.owner.id, file.id).item());
        if (!pointer) co_return pointer;
    }
    co_return Result<void>{};
}

asio::awaitable<Result<void>> DynamoThreadArchive::add_messages(
    ArchivedThread thread, std::vector<ArchivedMessage> messages) {
    std::vector<Item> items;
    for (auto const& each : messages) {
        if (!each.message.files.empty()) {
            auto files = co_await add_files(thread, each);
            if (!files) co_return files;
        }
        add_message(thread, each, engine_.object_prefix, items);
    }
    co_return co_await engine_.table.batch_put(std::move(items));
}

/// Nothing, when the thread changed since `before` was read.
asio::awaitable<Result<bool>> DynamoThreadArchive::try_to_close(ArchivedThread const& thread,
                                                                ThreadRow before) {
    auto tree = co_await load_tree(engine_, before);
    if (!tree) co_return std::unexpected(tree.error());
    auto row = row_from(thread);
    auto const head = row.head ? tree->find(*row.head) : Tree::none;
    if (row.head && head == Tree::none)
        co_return fail(Errc::invalid_argument, "the thread's head is none of its messages");
    if (tree->has_gaps())
        co_return fail(Errc::invalid_argument, "a message's parent is not in the thread");
    row.next = tree->next();
    row.branched = tree->branch(head).size() != tree->size();
    row.revision = before.revision + 1;
    auto item = new_thread_item(row);
    auto const& table = engine_.table;
    if (auto sound = check_changeable(before); !sound) co_return std::unexpected(sound.error());
    Aliases aliases;
    auto const unchanged = is_unchanged(before, aliases);
    std::vector<Action> actions;
    if (row.deleted_at) {
        auto const key = deleted_thread_key(row.id);
        item["PK"] = key.pk;
        item["SK"] = key.sk;
        item["UserThreadPK"] = deleted_threads;
        item["UserThreadSK"] = index_time(*row.deleted_at);
        actions.push_back(table.put_action(item));
        actions.push_back(table.remove_action(thread_key(row.id).item(), aliases, unchanged));
    } else {
        actions.push_back(table.put_action(item, aliases, unchanged));
    }
    auto const done = co_await engine_.table.transact(std::move(actions));
    if (!done) co_return std::unexpected(done.error());
    if (!done->done) co_return false;
    bool const moves = row.branched || before.branched;
    if (moves && head != Tree::none) co_await show_branch(engine_, row.id, std::move(*tree), head);
    co_return true;
}

/// Messages that were added once more lie where Chainlit sees them, whatever branch is shown.
asio::awaitable<Result<void>> DynamoThreadArchive::tidy(ThreadRow row) {
    auto const id = row.id;
    auto tree = co_await load_tree(engine_, std::move(row));
    if (!tree) co_return std::unexpected(tree.error());
    auto const head = tree->head();
    if (head != Tree::none) co_await show_branch(engine_, id, std::move(*tree), head);
    co_return Result<void>{};
}

asio::awaitable<Result<void>> DynamoThreadArchive::close_thread(ArchivedThread thread) {
    Backoff backoff(engine_.random);
    for (;;) {
        auto before = co_await row_of(thread.thread.id);
        if (!before) co_return std::unexpected(before.error());
        if (!*before) co_return not_found();
        // It was closed before, or somebody goes on with it already.
        if ((*before)->deleted_at) co_return Result<void>{};
        if ((*before)->head) co_return co_await tidy(std::move(**before));
        auto const closed = co_await try_to_close(thread, std::move(**before));
        if (!closed) co_return std::unexpected(closed.error());
        if (*closed) co_return Result<void>{};
        bool const goes_on = co_await backoff.pause();
        if (!goes_on) co_return busy();
    }
}

}  // namespace kaiwa::store::dynamodb
