#include "store/dynamodb/chat_store.hpp"
#include "store/dynamodb/file_row.hpp"
#include "store/dynamodb/thread_reader.hpp"
#include "store/common/fold_log.hpp"

#include <algorithm>
#include <ranges>

namespace kaiwa::store::dynamodb {

using chat::Message;
using chat::Principal;

namespace {

constexpr std::size_t max_branch = 100'000;
/// A page ends early when its messages have so many bytes.
constexpr std::size_t page_bytes = std::size_t{8} << 20;
constexpr std::size_t messages_a_read = 32;

std::size_t bytes_of(Message const& message) {
    return message.text.size() + message.reasoning.size() + message.steps_json.size() +
           message.citations_json.size();
}

}  // namespace

asio::awaitable<Result<Message>> whole_message(Engine engine, ThreadId thread, Tree& tree,
                                               std::size_t place) {
    std::vector<std::size_t> alone(1, place);
    auto loaded = co_await load_whole(engine, thread, tree, std::move(alone));
    if (!loaded) co_return std::unexpected(loaded.error());
    loaded = co_await load_overflow(engine, tree, place);
    if (!loaded) co_return std::unexpected(loaded.error());
    auto message = tree.message(place);
    tree[place].drop_texts();
    if (message.state != chat::MessageState::pending || !message.generation) co_return message;
    auto const id = *message.generation;
    auto item = co_await engine.table.get(generation_key(id));
    if (!item) co_return std::unexpected(item.error());
    auto const row = *item ? read_generation(**item) : Result<GenerationRow>(not_found());
    if (!row) co_return message;
    Query query{.pk = generation_partition(id), .prefix = "SEGMENT#"};
    auto items = co_await engine.table.query_all(std::move(query));
    if (!items) co_return std::unexpected(items.error());
    auto folded = fold_log(join_segments(*row, *items));
    message.text = std::move(folded.text);
    message.reasoning = std::move(folded.reasoning);
    message.steps_json = std::move(folded.steps_json);
    message.citations_json = std::move(folded.citations_json);
    message.usage = folded.usage;
    co_return message;
}

asio::awaitable<Result<chat::Page<Message>>> DynamoChatStore::messages(Principal who,
                                                                       ThreadId thread,
                                                                       chat::MessageQuery query) {
    auto const limit = std::clamp<std::size_t>(query.limit, 1, max_branch);
    auto const list = fmt::format("messages/{}/{}", who.id.text(), thread.text());
    auto from = query.from;
    if (!query.before.empty()) {
        auto const opened = engine_.cursors.open(list, query.before);
        if (!opened) co_return std::unexpected(opened.error());
        from = MessageId::parse(*opened);
        if (!from) co_return not_found();
    }
    auto const row = co_await load_thread(engine_, who, thread);
    if (!row) co_return std::unexpected(row.error());
    auto tree = co_await load_tree(engine_, *row);
    if (!tree) co_return std::unexpected(tree.error());
    chat::Page<Message> page;
    auto const end = from ? tree->find(*from) : tree->head();
    if (end == Tree::none) {
        if (from) co_return not_found();
        co_return page;
    }
    auto const branch = tree->branch(end);
    auto const least = branch.size() > limit ? branch.size() - limit : 0;
    auto first = branch.size();
    std::size_t bytes = 0;
    while (first > least && bytes < page_bytes) {
        auto const some = std::min(first - least, messages_a_read);
        auto const last = branch.begin() + static_cast<std::ptrdiff_t>(first);
        std::vector<std::size_t> places(last - static_cast<std::ptrdiff_t>(some), last);
        auto loaded = co_await load_whole(engine_, thread, *tree, places);
        if (!loaded) co_return std::unexpected(loaded.error());
        for (auto const place : places | std::views::reverse) {
            if (bytes >= page_bytes) break;
            auto message = co_await whole_message(engine_, thread, *tree, place);
            if (!message) co_return std::unexpected(message.error());
            bytes += bytes_of(*message);
            page.items.push_back(std::move(*message));
            --first;
        }
    }
    std::ranges::reverse(page.items);
    std::vector<chat::FileInfo> files;
    for (auto const& message : page.items) std::ranges::copy(message.files, std::back_inserter(files));
    auto adopted = co_await adopt_files(engine_, who, thread, std::move(files));
    if (!adopted) co_return std::unexpected(adopted.error());
    if (first > 0)
        page.next = engine_.cursors.seal(list, (*tree)[branch[first - 1]].message.id.text());
    co_return page;
}

asio::awaitable<Result<Message>> DynamoChatStore::message(Principal who, ThreadId thread,
                                                          MessageId id) {
    auto const row = co_await load_thread(engine_, who, thread);
    if (!row) co_return std::unexpected(row.error());
    auto tree = co_await load_tree(engine_, *row);
    if (!tree) co_return std::unexpected(tree.error());
    auto const place = tree->find(id);
    if (place == Tree::none) co_return not_found();
    co_return co_await whole_message(engine_, thread, *tree, place);
}

asio::awaitable<Result<chat::Thread>> DynamoChatStore::select_branch(Principal who, ThreadId thread,
                                                                     MessageId message) {
    auto const row = co_await load_thread(engine_, who, thread);
    if (!row) co_return std::unexpected(row.error());
    auto tree = co_await load_tree(engine_, *row);
    if (!tree) co_return std::unexpected(tree.error());
    auto const place = tree->find(message);
    if (place == Tree::none) co_return not_found();
    auto const leaf = tree->newest_below(place);
    auto const head = (*tree)[leaf].message.id;
    Change change = [head](ThreadRow& changed) {
        changed.head = head;
        changed.branched = true;
    };
    auto changed = co_await change_thread(who, thread, std::move(change));
    if (!changed) co_return std::unexpected(changed.error());
    co_await show_branch(engine_, thread, std::move(*tree), leaf);
    co_return co_await with_running(std::move(*changed));
}

asio::awaitable<Result<void>> DynamoChatStore::change_feedback(
    Principal who, ThreadId thread, MessageId message, std::optional<chat::Feedback> feedback) {
    auto const row = co_await load_thread(engine_, who, thread);
    if (!row) co_return std::unexpected(row.error());
    auto& table = engine_.table;
    for (auto const& key : {step_key(thread, message), hidden_step_key(thread, message)}) {
        Aliases owner;
        auto const mine = owner_condition(owner, who);
        Aliases aliases;
        Update update(aliases);
        if (feedback) update.set("feedback", feedback_item(thread, message, *feedback));
        else update.remove("feedback");
        auto const type = aliases.name("type");
        auto const is_message = fmt::format("{} IN ({}, {})", type, aliases.value("user_message"),
                                            aliases.value("assistant_message"));
        std::vector<Action> actions;
        actions.push_back(table.check_action(thread_key(thread).item(), owner, mine));
        actions.push_back(table.update_action(key.item(), aliases, update.text(), is_message));
        auto done = co_await table.transact(std::move(actions));
        if (!done) co_return std::unexpected(done.error());
        if (done->done) co_return Result<void>{};
        if (done->refused_at(0)) co_return not_found();
    }
    co_return not_found();
}

asio::awaitable<Result<void>> DynamoChatStore::put_feedback(Principal who, ThreadId thread,
                                                            MessageId message,
                                                            chat::Feedback feedback) {
    co_return co_await change_feedback(std::move(who), thread, message, std::move(feedback));
}

asio::awaitable<Result<void>> DynamoChatStore::remove_feedback(Principal who, ThreadId thread,
                                                               MessageId message) {
    co_return co_await change_feedback(std::move(who), thread, message, std::nullopt);
}

}  // namespace kaiwa::store::dynamodb
