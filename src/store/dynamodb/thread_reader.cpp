#include "store/dynamodb/thread_reader.hpp"

#include <algorithm>

namespace kaiwa::store::dynamodb {
namespace {

constexpr int gap_patience = 4;
constexpr std::size_t moves_a_transaction = 8;
constexpr std::size_t move_bytes = std::size_t{1} << 20;

struct Read {
    std::vector<StepRow> steps;
    std::vector<ElementRow> elements;
};

void sort_in(std::vector<Item> items, Read& read) {
    for (auto& item : items) {
        auto const sort = string_or(item, "SK");
        if (sort.starts_with("STEP#")) {
            auto row = read_step(std::move(item));
            auto const same = [&](StepRow const& other) { return other.id == row.id; };
            // Moved while we read: seen in both places.
            if (row.is_hidden && std::ranges::any_of(read.steps, same)) continue;
            read.steps.push_back(std::move(row));
        } else if (sort.starts_with("ELEMENT#")) {
            if (auto element = read_element(std::move(item)))
                read.elements.push_back(std::move(*element));
        }
    }
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
        if (element.message != row.id || string_or(element.item, "PK") == target) continue;
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
    co_return std::move(*row);
}

asio::awaitable<Result<Tree>> load_tree(Engine engine, ThreadRow thread) {
    for (int attempt = 0;; ++attempt) {
        Read read;
        Query shown{.pk = thread_partition(thread.id)};
        auto items = co_await engine.table.query_all(std::move(shown));
        if (!items) co_return std::unexpected(items.error());
        sort_in(std::move(*items), read);
        // Without our attribute nobody knows; with it, most threads have one branch.
        if (thread.branched || !thread.has_ours || attempt > 0) {
            Query hidden{.pk = hidden_partition(thread.id)};
            items = co_await engine.table.query_all(std::move(hidden));
            if (!items) co_return std::unexpected(items.error());
            sort_in(std::move(*items), read);
        }
        auto tree = Tree::make(thread, std::move(read.steps), std::move(read.elements));
        if (!tree.has_gaps() || attempt == gap_patience) co_return tree;
    }
}

asio::awaitable<Result<void>> load_overflow(Engine engine, Tree& tree, std::size_t place) {
    auto const& overflow = tree[place].overflow;
    if (!overflow) co_return Result<void>{};
    Query query{.pk = text_partition(overflow->tag)};
    auto parts = co_await engine.table.query_all(std::move(query));
    if (!parts) co_return std::unexpected(parts.error());
    co_return join_text(tree[place], *parts);
}

std::string owner_condition(Aliases& aliases, chat::Principal const& who) {
    auto const key = aliases.name("PK");
    auto const ours = aliases.name("kaiwa");
    auto const owner = aliases.path({"kaiwa", "owner"});
    auto const user = aliases.name("userId");
    return fmt::format("attribute_exists({}) AND ({} = {} OR (attribute_not_exists({}) AND {} = {}))",
                       key, owner, aliases.value(who.id.text()), ours, user,
                       aliases.value(who.username));
}

asio::awaitable<void> show_branch(Engine engine, ThreadId thread, Tree tree, std::size_t head) {
    std::vector<bool> wanted(tree.size(), false);
    for (auto const place : tree.branch(head)) wanted[place] = true;
    std::vector<Action> actions;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < tree.size(); ++i) {
        bool const moves = wanted[i] == tree[i].is_hidden;
        if (moves) {
            add_move(engine.table, thread, tree[i], tree.elements(), actions);
            bytes += size_of(tree[i].item);
        }
        bool const full = actions.size() >= 2 * moves_a_transaction || bytes >= move_bytes;
        if (actions.empty() || (!full && i + 1 < tree.size())) continue;
        auto moved = co_await engine.table.transact(std::exchange(actions, {}));
        bytes = 0;
        if (!moved)
            engine.log.warning("a branch was not moved for other programs",
                               {{"thread", thread.text()}, {"error", moved.error().message}});
    }
}

}  // namespace kaiwa::store::dynamodb
