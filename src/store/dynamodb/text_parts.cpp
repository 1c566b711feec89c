#include "store/dynamodb/text_parts.hpp"

#include "store/dynamodb/keys.hpp"

#include <fmt/format.h>

#include <array>

namespace kaiwa::store::dynamodb {
namespace {

constexpr char const* removing = "removing";

Key note_key(std::string_view tag) {
    return {text_partition(tag), "NOTE"};
}

/// Whether a message of the thread refers to the parts of `tag`.
asio::awaitable<Result<bool>> is_adopted(Engine engine, PartsOwner owner, std::string tag) {
    auto const shown = step_key(owner.thread, owner.message);
    // It may be moved from its hidden place while we look.
    std::array const places{shown, hidden_step_key(owner.thread, owner.message), shown};
    for (auto const& place : places) {
        auto item = co_await engine.table.get(place);
        if (!item) co_return std::unexpected(item.error());
        if (!*item) continue;
        auto const row = read_step(std::move(**item));
        if (row.overflow && row.overflow->tag == tag) co_return true;
    }
    co_return false;
}

}  // namespace

asio::awaitable<Result<void>> store_parts(Engine engine, PartsOwner owner, SplitText const& text) {
    if (text.parts.empty()) co_return Result<void>{};
    auto note = note_key(text.overflow->tag).item();
    note.emplace("thread", owner.thread.text());
    note.emplace("message", owner.message.text());
    note.emplace("UserThreadPK", waiting_parts);
    note.emplace("UserThreadSK", index_time(engine.clock.now()));
    Aliases aliases;
    auto const free = "attribute_not_exists(" + aliases.name(removing) + ")";
    auto noted = co_await engine.table.put_if(std::move(note), std::move(aliases), free);
    if (!noted) co_return std::unexpected(noted.error());
    if (!noted->done) co_return busy();
    co_return co_await engine.table.batch_put(text.parts);
}

Action adopt_parts(Table const& table, Overflow const& overflow) {
    Aliases aliases;
    auto const waiting = fmt::format("attribute_exists({}) AND attribute_not_exists({})",
                                     aliases.name("PK"), aliases.name(removing));
    return table.remove_action(note_key(overflow.tag).item(), aliases, waiting);
}

asio::awaitable<Result<std::size_t>> remove_unadopted(Engine engine, Key note, Timestamp before) {
    // From now on no transaction takes them.
    Aliases aliases;
    Update marks(aliases);
    marks.set(removing, true);
    auto const mark = marks.text();
    auto const old = aliases.name("UserThreadSK") + " <= " + aliases.value(index_time(before));
    auto marked = co_await engine.table.update(note.item(), aliases, mark, old);
    if (!marked) co_return std::unexpected(marked.error());
    if (!marked->done) co_return 0;
    auto const thread = ThreadId::parse(string_or(*marked->item, "thread"));
    auto const message = MessageId::parse(string_or(*marked->item, "message"));
    std::vector<Key> keys;
    auto adopted = Result<bool>(false);
    if (thread && message) {
        auto tag = note.pk.substr(text_partition({}).size());
        adopted = co_await is_adopted(engine, PartsOwner(*thread, *message), std::move(tag));
        if (!adopted) co_return std::unexpected(adopted.error());
    }
    if (!*adopted) {
        Query query{.pk = note.pk, .prefix = std::string(parts_prefix), .only = {"PK", "SK"}};
        auto parts = co_await engine.table.query_all(std::move(query));
        if (!parts) co_return std::unexpected(parts.error());
        for (auto const& part : *parts) keys.push_back({note.pk, string_or(part, "SK")});
    }
    auto const count = keys.size() + 1;
    auto removed = co_await engine.table.batch_remove(std::move(keys));
    if (!removed) co_return std::unexpected(removed.error());
    // Last: what is left after a crash is found again.
    removed = co_await engine.table.remove(std::move(note));
    if (!removed) co_return std::unexpected(removed.error());
    co_return count;
}

}  // namespace kaiwa::store::dynamodb
