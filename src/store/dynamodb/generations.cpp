#include "chat/event_frame.hpp"
#include "store/common/fold_log.hpp"
#include "store/dynamodb/chat_store.hpp"
#include "store/dynamodb/text_parts.hpp"
#include "store/dynamodb/thread_reader.hpp"

#include <algorithm>

namespace kaiwa::store::dynamodb {

using chat::GenerationState;
using chat::LogAck;
using chat::LogSegment;
using chat::MessageState;
using chat::Principal;

namespace {

/// An idle runner asks every 500 ms: most of that is a read, which costs a fifth of a write.
constexpr auto renew_below = chat::lease_time - chat::lease_renewal;

std::unexpected<Error> lease_lost() {
    return fail(Errc::conflict, "the generation has ended or is run by another server",
                "lease_lost");
}

std::unexpected<Error> claimed_before() {
    return fail(Errc::conflict, "the turn is run, or has been", "claimed");
}

std::unexpected<Error> log_gap() {
    return fail(Errc::invalid_argument, "the segment does not follow the stored log", "log_gap");
}

MessageState message_state(GenerationState state) {
    switch (state) {
        case GenerationState::running: return MessageState::pending;
        case GenerationState::done: return MessageState::complete;
        case GenerationState::stopped: return MessageState::stopped;
        case GenerationState::interrupted: return MessageState::interrupted;
        case GenerationState::failed: return MessageState::failed;
    }
    return MessageState::failed;
}

std::int64_t milliseconds(Timestamp time) { return time.time_since_epoch().count(); }

std::string make_write_id(Random& random) { return random.token(9); }

/// Holds while this runner has the generation and its log ends at `last`.
std::string is_leased(Aliases& aliases, std::uint64_t epoch, std::uint64_t last) {
    auto const state = aliases.name("state");
    auto const held = aliases.name("epoch");
    auto const end = aliases.name("last");
    return fmt::format("{} = {} AND {} = {} AND {} = {}", state, aliases.value("running"), held,
                       aliases.value(epoch), end, aliases.value(last));
}

bool is_run_by(GenerationRow const& row, chat::Lease const& lease) {
    return row.shown.state == GenerationState::running && row.shown.epoch == lease.epoch;
}

/// Takes off the front of `segment` what `stored` has already.
void drop_stored(LogSegment& segment, LogSegment const& stored) {
    segment.first = stored.last + 1;
    segment.frames.erase(0, stored.frames.size());
    segment.text.erase(0, stored.text.size());
    segment.reasoning.erase(0, stored.reasoning.size());
}

}  // namespace

asio::awaitable<Result<GenerationRow>> DynamoChatStore::own_generation(Principal who,
                                                                       GenerationId id) {
    auto item = co_await engine_.table.get(generation_key(id));
    if (!item) co_return std::unexpected(item.error());
    if (!*item) co_return not_found();
    auto row = read_generation(**item);
    if (!row || row->owner != who.id.text()) co_return not_found();
    auto const thread = co_await load_thread(engine_, std::move(who), row->shown.thread);
    if (!thread) co_return std::unexpected(thread.error());
    co_return std::move(*row);
}

asio::awaitable<Result<chat::Generation>> DynamoChatStore::generation(Principal who,
                                                                      GenerationId id) {
    auto row = co_await own_generation(std::move(who), id);
    if (!row) co_return std::unexpected(row.error());
    co_return row->shown;
}

asio::awaitable<Result<chat::LogPage>> DynamoChatStore::read_log(Principal who, GenerationId id,
                                                                 std::uint64_t after) {
    auto row = co_await own_generation(std::move(who), id);
    if (!row) co_return std::unexpected(row.error());
    auto const& ended = row->shown.ended_at;
    if (ended && engine_.clock.now() - *ended > chat::event_retention)
        co_return fail(Errc::gone,
                       "the events of this answer are no longer kept; read its message",
                       "events_expired");
    chat::LogPage page{row->shown, {}};
    if (row->shown.last_event <= after) co_return page;
    Query query{.pk = generation_partition(id),
                .prefix = "SEGMENT#",
                .above = segment_sort(after) + "9999"};
    auto items = co_await engine_.table.query_all(std::move(query));
    if (!items) co_return std::unexpected(items.error());
    page.segments = join_segments(*row, *items);
    co_return page;
}

asio::awaitable<Result<void>> DynamoChatStore::request_stop(Principal who, GenerationId id) {
    auto const owner = who.id.text();
    auto row = co_await own_generation(std::move(who), id);
    if (!row) co_return std::unexpected(row.error());
    if (row->shown.state != GenerationState::running) co_return Result<void>{};
    Aliases aliases;
    Update update(aliases);
    update.set("stop", true);
    auto const text = update.text();
    auto const state = aliases.name("state");
    auto const holder = aliases.name("owner");
    auto const condition = fmt::format("{} = {} AND {} = {}", state, aliases.value("running"),
                                       holder, aliases.value(owner));
    auto written =
        co_await engine_.table.update(generation_key(id).item(), aliases, text, condition);
    if (!written) co_return std::unexpected(written.error());
    co_return Result<void>{};  // one that ended meanwhile needs no stop
}

asio::awaitable<Result<chat::ClaimedTurn>> DynamoChatStore::claim(GenerationId id) {
    auto item = co_await engine_.table.get(generation_key(id));
    if (!item) co_return std::unexpected(item.error());
    if (!*item) co_return not_found();
    auto row = read_generation(**item);
    if (!row) co_return std::unexpected(row.error());
    auto const now = engine_.clock.now();
    auto const& shown = row->shown;
    bool const claimable = shown.state == GenerationState::running && shown.last_event == 0 &&
                           shown.lease_until >= now && !row->handover.empty();
    if (!claimable) co_return claimed_before();
    chat::ClaimedTurn claimed{shown.epoch + 1, std::move(row->handover)};
    auto const write = make_write_id(engine_.random);
    Aliases aliases;
    Update update(aliases);
    update.set("epoch", claimed.epoch)
        .set("lease", milliseconds(now + chat::lease_time))
        .set("write", write)
        .remove("handover");
    auto const text = update.text();
    // The epoch as it was read: nobody claimed it since, nor ended it as expired.
    auto const condition = is_leased(aliases, shown.epoch, 0);
    auto written =
        co_await engine_.table.update(generation_key(id).item(), aliases, text, condition);
    if (!written) co_return std::unexpected(written.error());
    bool const arrived_before =
        !written->done && written->item && string_or(*written->item, "write") == write;
    if (!written->done && !arrived_before) co_return claimed_before();
    co_return claimed;
}

asio::awaitable<Result<GenerationRow>> DynamoChatStore::leased(chat::Lease lease) {
    auto item = co_await engine_.table.get(generation_key(lease.generation));
    if (!item) co_return std::unexpected(item.error());
    if (!*item) co_return lease_lost();
    auto row = read_generation(**item);
    if (!row || !is_run_by(*row, lease)) co_return lease_lost();
    co_return row;
}

/// The segment first, then the one write that makes it part of the log, renews the lease and brings
/// back the stop: two writes a segment, none of them a transaction.
asio::awaitable<Result<LogAck>> DynamoChatStore::store_segment(chat::Lease lease,
                                                               LogSegment segment,
                                                               std::uint64_t sendable,
                                                               std::string write) {
    auto& table = engine_.table;
    auto const now = engine_.clock.now();
    if (segment.first == 0 || segment.last < segment.first) co_return log_gap();
    for (auto& item : segment_items(lease.generation, segment, now + log_expiry)) {
        auto put = co_await table.put(std::move(item));
        if (!put) co_return std::unexpected(put.error());
    }
    Aliases aliases;
    Update update(aliases);
    update.set("last", segment.last)
        .set("solid", segment.last)
        .set("lease", milliseconds(now + chat::lease_time))
        .set("write", write);
    auto const bytes = aliases.name("bytes");
    update.set_to(bytes, bytes + " + " + aliases.value(segment.text.size()));
    // It only ever grows: the runner asks for more each time, its first numbers were reserved.
    update.set("sendable", std::max<std::uint64_t>(sendable, chat::sendable_ahead));
    auto const condition = is_leased(aliases, lease.epoch, segment.first - 1);
    auto written = co_await table.update(generation_key(lease.generation).item(), aliases,
                                         update.text(), condition);
    if (!written) co_return std::unexpected(written.error());
    if (!written->item) co_return lease_lost();
    auto const row = read_generation(*written->item);
    if (!row) co_return std::unexpected(row.error());
    if (!written->done) {
        bool const arrived_before = row->last_write == write && row->shown.last_event == segment.last;
        if (!is_run_by(*row, lease)) co_return lease_lost();
        if (!arrived_before) co_return log_gap();
    }
    co_return LogAck{row->shown.stop_requested};
}

/// What became of an earlier write that nobody answered; `segment` then begins behind it.
asio::awaitable<Result<void>> DynamoChatStore::settle(chat::Lease lease, LogSegment& segment) {
    std::optional<Unsettled> earlier;
    {
        std::scoped_lock const lock(mutex_);
        auto const found = unsettled_.find(lease.generation);
        if (found != unsettled_.end()) earlier = found->second;
    }
    if (!earlier) co_return Result<void>{};
    bool const extends = segment.first == earlier->segment.first &&
                         segment.last >= earlier->segment.last &&
                         segment.frames.starts_with(earlier->segment.frames);
    if (extends) {
        auto const row = co_await leased(lease);
        if (!row) co_return std::unexpected(row.error());
        if (row->last_write == earlier->write) drop_stored(segment, earlier->segment);
    }
    std::scoped_lock const lock(mutex_);
    unsettled_.erase(lease.generation);
    co_return Result<void>{};
}

asio::awaitable<Result<LogAck>> DynamoChatStore::append_log(chat::Lease lease, LogSegment segment,
                                                            std::uint64_t sendable) {
    auto settled = co_await settle(lease, segment);
    if (!settled) co_return std::unexpected(settled.error());
    if (segment.last < segment.first) co_return co_await renew_lease(lease);
    auto write = make_write_id(engine_.random);
    auto ack = co_await store_segment(lease, segment, sendable, write);
    bool const unknown = !ack && ack.error().code != Errc::conflict &&
                         ack.error().code != Errc::invalid_argument;
    if (unknown) {
        std::scoped_lock const lock(mutex_);
        Unsettled kept{std::move(segment), std::move(write)};
        unsettled_.insert_or_assign(lease.generation, std::move(kept));
    }
    co_return ack;
}

asio::awaitable<Result<LogAck>> DynamoChatStore::renew_lease(chat::Lease lease) {
    auto row = co_await leased(lease);
    if (!row) co_return std::unexpected(row.error());
    auto const now = engine_.clock.now();
    if (row->shown.lease_until - now > renew_below) co_return LogAck{row->shown.stop_requested};
    Aliases aliases;
    Update update(aliases);
    update.set("lease", milliseconds(now + chat::lease_time));
    auto const text = update.text();
    auto const state = aliases.name("state");
    auto const epoch = aliases.name("epoch");
    auto const condition = fmt::format("{} = {} AND {} = {}", state, aliases.value("running"),
                                       epoch, aliases.value(lease.epoch));
    auto written = co_await engine_.table.update(generation_key(lease.generation).item(), aliases,
                                                 text, condition);
    if (!written) co_return std::unexpected(written.error());
    if (!written->done) co_return lease_lost();
    row = read_generation(*written->item);
    if (!row) co_return std::unexpected(row.error());
    co_return LogAck{row->shown.stop_requested};
}

/// One transaction: the last segment, the generation's end, the message, the thread. Which keys the
/// message and the thread have depends on what the person does meanwhile.
asio::awaitable<Result<void>> DynamoChatStore::store_final(Final end) {
    auto& table = engine_.table;
    auto const now = engine_.clock.now();
    auto const& row = end.row;
    auto const thread = row.shown.thread;
    auto const id = row.shown.id;
    auto const last = end.last_segment.last > 0 ? end.last_segment.last : row.shown.last_event;

    // Large parts come first: the transaction makes them visible. Whoever ends this run at this event
    // has the same text, so that another try writes the same parts and leaves none behind.
    auto const tag =
        fmt::format("{}-{}-{}", row.shown.reply.text(), end.new_epoch, row.shown.last_event);
    auto const text =
        split_text(end.text, end.reasoning, end.steps_json, end.citations_json, tag);
    PartsOwner const owner{thread, row.shown.reply};
    auto parts = co_await store_parts(engine_, owner, text);
    if (!parts) co_return parts;
    std::vector<Item> segments;
    if (end.last_segment.last > 0)
        segments = segment_items(id, end.last_segment, now + log_expiry);
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
                if (done->refused_at(1)) break;  // it was moved meanwhile
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
