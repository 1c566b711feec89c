#include "chat/event_frame.hpp"
#include "store/common/fold_log.hpp"
#include "store/common/generation_state.hpp"
#include "store/dynamodb/chat_store.hpp"
#include "store/dynamodb/lease.hpp"
#include "store/dynamodb/text_parts.hpp"
#include "store/dynamodb/thread_reader.hpp"

#include <algorithm>

namespace kaiwa::store::dynamodb {

using chat::GenerationState;
using chat::MessageState;
using chat::Principal;

/// One transaction: the last segment, the generation's end, the message, the thread. Which keys the
/// message and the thread have depends on what the person does meanwhile.
asio::awaitable<Result<void>> DynamoChatStore::store_final(Final end) {
    auto& table = engine_.table;
    auto const now = engine_.clock.now();
    auto const& row = end.row;
    auto const thread = row.shown.thread;
    auto const id = row.shown.id;
    auto const last = end.last_segment.last > 0 ? end.last_segment.last : row.shown.last_event;

    // Large parts come first: the transaction makes them visible. Whoever ends this run at this
    // event has the same text, so that another try writes the same parts and leaves none behind.
    auto const tag =
        fmt::format("{}-{}-{}", row.shown.reply.text(), end.new_epoch, row.shown.last_event);
    auto const text = split_text(end.text, end.reasoning, end.steps_json, end.citations_json, tag);
    PartsOwner const owner{thread, row.shown.reply};
    auto parts = co_await store_parts(engine_, owner, text);
    if (!parts) co_return parts;
    std::vector<Item> segments;
    if (end.last_segment.last > 0) segments = segment_items(id, end.last_segment);
    bool const one_segment = segments.size() == 1;
    if (segments.size() > 1) {
        auto put = co_await table.batch_put(segments);
        if (!put) co_return put;
    }

    Aliases aliases;
    Update update(aliases);
    auto ended = row;
    ended.shown.state = end.state;
    auto const item = generation_item(ended);
    update.set("state", item.at("state"))
        .set("epoch", end.new_epoch)
        .set("last", last)
        .set("solid", end.solid)
        .set("bytes", end.text.size())
        .set("ended", milliseconds(now))
        .set("sendable", std::max(row.shown.sendable, last))
        .set("UserThreadPK", ended_logs(id.text().back()))
        .set("UserThreadSK", index_time(now));
    auto const generation_update = update.text();
    auto still = is_leased(aliases, row.shown.epoch, row.shown.last_event);
    if (end.only_expired)
        still += fmt::format(" AND {} = {}", aliases.name("lease"),
                             aliases.value(milliseconds(row.shown.lease_until)));

    Backoff backoff(engine_.random);
    for (;;) {
        for (bool const hidden : {false, true}) {
            // The message: where it lies now, and what Chainlit or we put there besides the text.
            auto const key = hidden ? hidden_step_key(thread, row.shown.reply)
                                    : step_key(thread, row.shown.reply);
            auto step_item_now = co_await table.get(key);
            if (!step_item_now) co_return std::unexpected(step_item_now.error());
            if (!*step_item_now) continue;
            auto const step = read_step(std::move(**step_item_now));
            auto message = step.message;
            message.state = message_state(end.state);
            message.finish = end.finish;
            message.error = end.error;
            message.usage = end.usage;
            Aliases step_aliases;
            Update step_update(step_aliases);
            step_update.set("output", text.inline_text)
                .set("end", to_iso(now))
                .set("isError", message.state == MessageState::failed);
            auto extra = step_extra(message, step.number, step.key, text);
            if (find_map(step.item, "metadata"))
                step_update.set_path({"metadata", "kaiwa"}, std::move(extra));
            else
                step_update.set("metadata", Item{{"kaiwa", std::move(extra)}});
            auto const there = "attribute_exists(" + step_aliases.name("PK") + ")";

            for (bool const deleted : {false, true}) {
                auto const thread_place = deleted ? deleted_thread_key(thread) : thread_key(thread);
                Aliases thread_aliases;
                Update thread_update(thread_aliases);
                thread_update.remove_path({"kaiwa", "running", id.text()});
                auto const revision = thread_aliases.path({"kaiwa", "revision"});
                thread_update.set_to(revision, revision + " + " + thread_aliases.value(1));
                if (!deleted) {
                    thread_update.set("createdAt", to_iso(now));
                    thread_update.set("UserThreadSK", index_time(now));
                }
                auto const running =
                    "attribute_exists(" + thread_aliases.path({"kaiwa", "running"}) + ")";
                std::vector<Action> actions;
                actions.push_back(table.update_action(generation_key(id).item(), aliases,
                                                      generation_update, still));
                actions.push_back(
                    table.update_action(key.item(), step_aliases, step_update.text(), there));
                actions.push_back(table.update_action(thread_place.item(), thread_aliases,
                                                      thread_update.text(), running));
                if (one_segment) actions.push_back(table.put_action(segments.front()));
                auto const adoption = actions.size();
                if (text.overflow) actions.push_back(adopt_parts(table, *text.overflow));
                auto done = co_await table.transact(std::move(actions));
                if (!done) co_return std::unexpected(done.error());
                if (done->done) co_return Result<void>{};
                if (done->refused_at(0)) co_return lease_lost();
                if (done->refused_at(adoption)) co_return busy();  // its parts waited too long
                if (done->refused_at(1)) break;                    // it was moved meanwhile
            }
        }
        // The message or its thread is on the way from one place to the other, or gone for good.
        bool const goes_on = co_await backoff.pause();
        if (!goes_on) break;
    }
    chat::Lease const lease{id, row.shown.epoch};
    auto current = co_await leased(lease);
    if (!current) co_return std::unexpected(current.error());
    auto written =
        co_await table.update(generation_key(id).item(), aliases, generation_update, still);
    if (!written) co_return std::unexpected(written.error());
    co_return Result<void>{};
}

asio::awaitable<Result<void>> DynamoChatStore::end_generation(chat::Lease lease,
                                                              chat::Ending ending) {
    auto ended = co_await try_to_end(lease, ending);
    // An earlier write arrived right after it was looked for: that looks like somebody else's.
    bool const overtaken = !ended &&
                           (ended.error().code == Errc::invalid_argument ||
                            ended.error().code == Errc::conflict) &&
                           running_.has_unsettled(lease.generation);
    if (overtaken) ended = co_await try_to_end(lease, std::move(ending));
    if (ended || ended.error().code == Errc::conflict) running_.forget(lease.generation);
    co_return ended;
}

asio::awaitable<Result<void>> DynamoChatStore::try_to_end(chat::Lease lease, chat::Ending ending) {
    auto settled = co_await settle(lease, ending.last_segment);
    if (!settled) co_return settled;
    auto row = co_await leased(lease);
    if (!row) co_return std::unexpected(row.error());
    auto const& segment = ending.last_segment;
    bool const follows = segment.last == 0 || (segment.first == row->shown.last_event + 1 &&
                                               segment.last >= segment.first);
    if (!follows) co_return log_gap();
    Final end;
    end.row = *row;
    end.solid = segment.last == 0 ? row->solid : segment.last;
    end.last_segment = std::move(ending.last_segment);
    end.state = ending.state;
    end.text = std::move(ending.text);
    end.reasoning = std::move(ending.reasoning);
    end.finish = std::move(ending.finish);
    end.error = std::move(ending.error);
    end.usage = ending.usage;
    end.steps_json = std::move(ending.steps_json);
    end.citations_json = std::move(ending.citations_json);
    end.new_epoch = lease.epoch;
    co_return co_await store_final(std::move(end));
}

asio::awaitable<Result<chat::Generation>> DynamoChatStore::interrupt_expired(Principal who,
                                                                             GenerationId id) {
    auto row = co_await own_generation(who, id);
    if (!row) co_return std::unexpected(row.error());
    bool const expired = row->shown.state == GenerationState::running &&
                         row->shown.lease_until < engine_.clock.now();
    if (!expired) co_return row->shown;
    Query query{.pk = generation_partition(id), .prefix = "SEGMENT#"};
    auto items = co_await engine_.table.query_all(std::move(query));
    if (!items) co_return std::unexpected(items.error());
    auto folded = fold_log(join_segments(*row, *items));
    auto const number = std::max(row->shown.sendable, row->shown.last_event) + 1;
    auto const data =
        fmt::format(R"({{"reason":"lease_expired","length":{}}})", folded.text.size());
    Final end;
    end.row = *row;
    end.solid = row->solid;
    end.last_segment.first = end.last_segment.last = number;
    chat::append_frame(end.last_segment.frames, number, chat::EventType::interrupted, data);
    end.state = GenerationState::interrupted;
    end.text = std::move(folded.text);
    end.reasoning = std::move(folded.reasoning);
    end.steps_json = std::move(folded.steps_json);
    end.citations_json = std::move(folded.citations_json);
    end.usage = folded.usage;
    // The epoch grows, so that a runner that is late after all is fenced off.
    end.new_epoch = row->shown.epoch + 1;
    end.only_expired = true;
    auto ended = co_await store_final(std::move(end));
    if (!ended && ended.error().code != Errc::conflict) co_return std::unexpected(ended.error());
    row = co_await own_generation(std::move(who), id);
    if (!row) co_return std::unexpected(row.error());
    co_return row->shown;
}

}  // namespace kaiwa::store::dynamodb
