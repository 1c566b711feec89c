#include "store/dynamodb/thread_reader.hpp"

#include <algorithm>
#include <iterator>

namespace kaiwa::store::dynamodb {
namespace {

constexpr int gap_patience = 4;
constexpr std::size_t moves_a_transaction = 8;
/// What DynamoDB takes; even, since what moves is put in one place and removed from the other.
constexpr std::size_t actions_a_transaction = 100;
constexpr std::size_t move_bytes = std::size_t{1} << 20;
/// The service takes 4 MB, counted in its own way.
constexpr std::size_t transaction_bytes = std::size_t{2} << 20;
constexpr std::size_t steps_a_read = 32;
/// More than of a step's text is shown.
constexpr std::size_t detail_bytes = 4'000;

struct Read {
    std::vector<StepRow> steps;
    std::vector<ElementRow> elements;
};

enum class Extent { whole, outline };

void sort_in(Engine const& engine, std::vector<Item> items, Extent extent, Read& read) {
    bool const is_whole = extent == Extent::whole;
    for (auto& item : items) {
        auto const sort = string_or(item, "SK");
        if (sort.starts_with("STEP#")) {
            auto row = read_step(std::move(item));
            row.is_whole = is_whole;
            auto const same = [&](StepRow const& other) { return other.id == row.id; };
            // Moved while we read: seen in both places.
            if (row.is_hidden && std::ranges::any_of(read.steps, same)) continue;
            read.steps.push_back(std::move(row));
        } else if (sort.starts_with("ELEMENT#")) {
            auto element = read_element(std::move(item));
            if (!element) continue;
            auto& foreign_key = element->file.foreign_key;
            if (engine.elements == Elements::as_written && foreign_key.empty())
                foreign_key = string_or(element->item, "objectKey");
            // Chainlit's lie in a bucket.
            bool const reachable = engine.object_prefix || engine.elements != Elements::reachable;
            if (!foreign_key.empty() && !reachable) continue;
            element->is_whole = is_whole;
            read.elements.push_back(std::move(*element));
        }
    }
}

Key key_of(StepRow const& row, ThreadId thread) {
    return {row.is_hidden ? hidden_partition(thread) : thread_partition(thread), step_sort(row.id)};
}

/// A partition has what it has; one page of it, 1 MB, is read with its texts, which is most
/// threads. Of what a long one has beyond, only the outline comes.
asio::awaitable<Result<void>> read_partition(Engine engine, std::string pk, Read& read) {
    Query query{.pk = std::move(pk)};
    for (;;) {
        auto asked = query;
        auto page = co_await engine.table.query(std::move(asked));
        if (!page) co_return std::unexpected(page.error());
        sort_in(engine, std::move(page->items),
                query.only.empty() ? Extent::whole : Extent::outline, read);
        if (!page->next) co_return Result<void>{};
        query.from = std::move(page->next);
        query.only = outline_attributes();
    }
}

/// Reads the steps that are no messages, whose texts become details of answers.
asio::awaitable<Result<void>> complete_details(Engine engine, ThreadId thread, Read& read) {
    std::vector<Key> keys;
    for (auto const& row : read.steps)
        if (!row.is_message && !row.is_whole) keys.push_back(key_of(row, thread));
    for (std::size_t at = 0; at < keys.size(); at += steps_a_read) {
        auto const end = std::min(keys.size(), at + steps_a_read);
        std::vector<Key> some(keys.begin() + static_cast<std::ptrdiff_t>(at),
                              keys.begin() + static_cast<std::ptrdiff_t>(end));
        auto items = co_await engine.table.batch_get(std::move(some));
        if (!items) co_return std::unexpected(items.error());
        for (auto& item : *items) {
            auto const found = std::ranges::find(read.steps, string_or(item, "id"), &StepRow::id);
            if (found == read.steps.end()) continue;
            complete(*found, std::move(item));
            found->item.clear();
            found->message.text.resize(std::min(found->message.text.size(), detail_bytes));
        }
    }
    co_return Result<void>{};
}

/// A step may be moved only as it was read.
std::string unchanged(StepRow const& row, Aliases& aliases) {
    auto condition = "attribute_exists(" + aliases.name("PK") + ")";
    if (row.is_ours) {
        condition += " AND " + aliases.path({"metadata", "kaiwa", "state"}) + " = " +
                     aliases.value(to_string(row.message.state));
    } else if (auto const* output = find(row.item, "output")) {
        condition += " AND " + aliases.name("output") + " = " + aliases.value(*output);
    }
    auto const alias = aliases.name("feedback");
    if (auto const* feedback = find(row.item, "feedback"))
        condition += " AND " + alias + " = " + aliases.value(*feedback);
    else
        condition += " AND attribute_not_exists(" + alias + ")";
    return condition;
}

void add_move(Table const& table, ThreadId thread, StepRow const& row,
              std::vector<ElementRow> const& elements, std::vector<Action>& actions) {
    auto const target = row.is_hidden ? thread_partition(thread) : hidden_partition(thread);
    auto const key_of = [](Item const& item) {
        return Key{string_or(item, "PK"), string_or(item, "SK")}.item();
    };
    Aliases aliases;
    auto const condition = unchanged(row, aliases);
    auto moved = row.item;
    moved["PK"] = target;
    actions.push_back(table.put_action(moved));
    actions.push_back(table.remove_action(key_of(row.item), aliases, condition));
    for (auto const& element : elements) {
        // One that is not whole was not there any more when its rest was read.
        if (element.message != row.id || !element.is_whole) continue;
        if (string_or(element.item, "PK") == target) continue;
        auto moved_element = element.item;
        moved_element["PK"] = target;
        actions.push_back(table.put_action(moved_element));
        actions.push_back(table.remove_action(key_of(element.item)));
    }
}

}  // namespace

asio::awaitable<Result<ThreadRow>> load_thread(Engine engine, chat::Principal who, ThreadId id) {
    auto item = co_await engine.table.get(thread_key(id));
    if (!item) co_return std::unexpected(item.error());
    if (!*item) co_return not_found();
    auto row = read_thread(**item);
    if (!row || !row->is_of(who)) co_return not_found();
    if (row->has_ours) co_return std::move(*row);
    // Whoever's name Chainlit writes in the place of a deleted thread does not own what was said in it.
    auto note = co_await engine.table.get(deleted_thread_key(id));
    if (!note) co_return std::unexpected(note.error());
    auto const deleted = *note ? read_thread(**note) : row;
    if (!deleted || !deleted->is_of(who)) co_return not_found();
    co_return std::move(*row);
}

asio::awaitable<Result<Tree>> load_tree(Engine engine, ThreadRow thread) {
    for (int attempt = 0;; ++attempt) {
        Read read;
        auto done = co_await read_partition(engine, thread_partition(thread.id), read);
        if (!done) co_return std::unexpected(done.error());
        // Without our attribute nobody knows; with it, most threads have one branch.
        if (thread.branched || !thread.has_ours || attempt > 0) {
            done = co_await read_partition(engine, hidden_partition(thread.id), read);
            if (!done) co_return std::unexpected(done.error());
        }
        done = co_await complete_details(engine, thread.id, read);
        if (!done) co_return std::unexpected(done.error());
        auto tree = Tree::make(thread, std::move(read.steps), std::move(read.elements));
        if (!tree.has_gaps() || attempt == gap_patience) co_return tree;
    }
}

asio::awaitable<Result<void>> load_whole(Engine engine, ThreadId thread, Tree& tree,
                                         std::vector<std::size_t> places) {
    std::erase_if(places, [&tree](std::size_t place) { return tree[place].is_whole; });
    // What was moved since the outline was read lies in the other place.
    for (int attempt = 0; !places.empty() && attempt < 2; ++attempt) {
        std::vector<Key> keys;
        keys.reserve(places.size());
        for (auto const place : places) keys.push_back(key_of(tree[place], thread));
        auto items = co_await engine.table.batch_get(std::move(keys));
        if (!items) co_return std::unexpected(items.error());
        for (auto& item : *items) {
            auto const id = MessageId::parse(string_or(item, "id"));
            auto const place = id ? tree.find(*id) : Tree::none;
            if (place == Tree::none) continue;
            complete(tree[place], std::move(item));
            std::erase(places, place);
        }
        for (auto const place : places) tree[place].is_hidden = !tree[place].is_hidden;
    }
    if (!places.empty())
        co_return fail(Errc::unavailable, "a message was moved meanwhile; try again");
    co_return Result<void>{};
}

asio::awaitable<Result<void>> load_overflow(Engine engine, Tree& tree, std::size_t place) {
    auto const& overflow = tree[place].overflow;
    if (!overflow) co_return Result<void>{};
    Query query{.pk = text_partition(overflow->tag), .prefix = std::string(parts_prefix)};
    auto parts = co_await engine.table.query_all(std::move(query));
    if (!parts) co_return std::unexpected(parts.error());
    co_return join_text(tree[place], *parts);
}

std::string owner_condition(Aliases& aliases, chat::Principal const& who) {
    auto const key = aliases.name("PK");
    auto const ours = aliases.name("kaiwa");
    auto const owner = aliases.path({"kaiwa", "owner"});
    auto const user = aliases.name("userId");
    return fmt::format(
        "attribute_exists({}) AND ({} = {} OR (attribute_not_exists({}) AND {} = {}))", key, owner,
        aliases.value(who.id.text()), ours, user, aliases.value(who.username));
}

namespace {

/// Reads the elements of the message that are known by their outline.
asio::awaitable<Result<void>> load_elements(Engine engine, Tree& tree, std::string message) {
    std::vector<Key> keys;
    for (auto const& element : tree.elements())
        if (element.message == message && !element.is_whole)
            keys.push_back({string_or(element.item, "PK"), string_or(element.item, "SK")});
    if (keys.empty()) co_return Result<void>{};
    auto items = co_await engine.table.batch_get(std::move(keys));
    if (!items) co_return std::unexpected(items.error());
    for (auto& item : *items) {
        auto const sort = string_or(item, "SK");
        for (auto& element : tree.elements()) {
            if (string_or(element.item, "SK") != sort) continue;
            element.item = std::move(item);
            element.is_whole = true;
            break;
        }
    }
    co_return Result<void>{};
}

/// The actions that move the message at `place`; none when it was moved meanwhile.
asio::awaitable<Result<std::vector<Action>>> moves_of(Engine engine, ThreadId thread, Tree& tree,
                                                      std::size_t place) {
    bool const was_hidden = tree[place].is_hidden;
    std::vector<Action> actions;
    std::vector<std::size_t> alone(1, place);
    auto loaded = co_await load_whole(engine, thread, tree, std::move(alone));
    if (!loaded) co_return std::unexpected(loaded.error());
    if (tree[place].is_hidden != was_hidden) co_return actions;
    loaded = co_await load_elements(engine, tree, tree[place].id);
    if (!loaded) co_return std::unexpected(loaded.error());
    add_move(engine.table, thread, tree[place], tree.elements(), actions);
    co_return actions;
}

/// More than one transaction takes are those of one message with many elements, or large ones: the
/// others follow its step, unless that was changed meanwhile. What moves is two actions, one behind
/// the other.
asio::awaitable<Result<void>> carry_out(Engine engine, std::vector<Action> actions) {
    std::size_t at = 0;
    while (at < actions.size()) {
        std::vector<Action> some;
        std::size_t bytes = 0;
        for (; at < actions.size() && some.size() < actions_a_transaction; at += 2) {
            bytes += json::serialize(actions[at].body).size();
            bytes += json::serialize(actions[at + 1].body).size();
            if (bytes > transaction_bytes && !some.empty()) break;
            std::ranges::move(actions.begin() + static_cast<std::ptrdiff_t>(at),
                              actions.begin() + static_cast<std::ptrdiff_t>(at + 2),
                              std::back_inserter(some));
        }
        auto const moved = co_await engine.table.transact(std::move(some));
        if (!moved) co_return std::unexpected(moved.error());
        if (!moved->done) break;
    }
    co_return Result<void>{};
}

}  // namespace

asio::awaitable<void> show_branch(Engine engine, ThreadId thread, Tree tree, std::size_t head) {
    std::vector<bool> wanted(tree.size(), false);
    for (auto const place : tree.branch(head)) wanted[place] = true;
    std::vector<Action> actions;
    std::size_t bytes = 0;
    auto const warn = [&](Error const& error) {
        engine.log.warning("a branch was not moved for other programs",
                           {{"thread", thread.text()}, {"error", error.message}});
    };
    for (std::size_t i = 0; i < tree.size(); ++i) {
        bool const moves = wanted[i] == tree[i].is_hidden;
        if (moves) {
            auto added = co_await moves_of(engine, thread, tree, i);
            if (!added) co_return warn(added.error());
            if (actions.size() + added->size() > actions_a_transaction && !actions.empty()) {
                auto const moved = co_await carry_out(engine, std::exchange(actions, {}));
                if (!moved) warn(moved.error());
                bytes = 0;
            }
            std::ranges::move(*added, std::back_inserter(actions));
            bytes += size_of(tree[i].item);
            tree[i].drop_texts();
        }
        bool const full = actions.size() >= 2 * moves_a_transaction || bytes >= move_bytes;
        if (actions.empty() || (!full && i + 1 < tree.size())) continue;
        auto const moved = co_await carry_out(engine, std::exchange(actions, {}));
        bytes = 0;
        if (!moved) warn(moved.error());
    }
}

}  // namespace kaiwa::store::dynamodb
