#include "chat/event_frame.hpp"
#include "store/common/fold_log.hpp"
#include "store/dynamodb/chat_store.hpp"
#include "store/dynamodb/lease.hpp"
#include "store/dynamodb/thread_reader.hpp"

#include <algorithm>

namespace kaiwa::store::dynamodb {

using chat::GenerationState;
using chat::LogAck;
using chat::LogSegment;
using chat::Principal;

namespace {

/// An idle runner asks every 500 ms: most of that is a read, which costs a fifth of a write. A
/// renewal is one write without a read before it, so that a slow table is in time.
constexpr auto renew_after = chat::lease_renewal - std::chrono::milliseconds(500);

/// A reader holds a page while its line is slow. A quarter of a minute, as answers come.
constexpr std::size_t segments_a_page = 64;

std::unexpected<Error> claimed_before() {
    return fail(Errc::conflict, "the turn is run, or has been", "claimed");
}

bool is_run_by(GenerationRow const& row, chat::Lease const& lease) {
    return row.shown.state == GenerationState::running && row.shown.epoch == lease.epoch;
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
                .above = segment_sort(after) + "9999",
                .limit = segments_a_page};
    std::vector<Item> items;
    for (;;) {
        auto some = co_await engine_.table.query(query);
        if (!some) co_return std::unexpected(some.error());
        std::ranges::move(some->items, std::back_inserter(items));
        auto const end = some->next ? confirmed_end(*row, items) : row->solid;
        if (some->next && end == 0) {
            query.from = std::move(some->next);
            continue;
        }
        if (some->next) row->solid = row->shown.last_event = end;
        page.segments = join_segments(*row, items);
        page.more = some->next.has_value();
        co_return page;
    }
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
    auto const write = engine_.random.token(9);
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
    if (segment.first == 0 || segment.last < segment.first) co_return log_gap();
    for (auto& item : segment_items(lease.generation, segment)) {
        auto put = co_await table.put(std::move(item));
        if (!put) co_return std::unexpected(put.error());
    }
    auto const now = engine_.clock.now();
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
    // Arriving last, even unanswered, it took back what was renewed meanwhile.
    running_.renewed(lease.generation, std::min(now, running_.renewed_at(lease.generation)));
    if (!written) co_return std::unexpected(written.error());
    if (!written->item) co_return lease_lost();
    auto const row = read_generation(*written->item);
    if (!row) co_return std::unexpected(row.error());
    if (!written->done) {
        bool const arrived_before = row->last_write == write && row->shown.last_event == segment.last;
        if (!is_run_by(*row, lease)) co_return lease_lost();
        if (!arrived_before) co_return log_gap();
    }
    running_.renewed(lease.generation, now);
    co_return LogAck{row->shown.stop_requested};
}

/// What became of earlier writes that nobody answered; `segment` then begins behind them.
asio::awaitable<Result<void>> DynamoChatStore::settle(chat::Lease lease, LogSegment& segment) {
    if (!running_.has_unsettled(lease.generation)) co_return Result<void>{};
    auto const row = co_await leased(lease);
    if (!row) co_return std::unexpected(row.error());
    running_.drop_stored(lease.generation, row->last_write, segment);
    co_return Result<void>{};
}

asio::awaitable<Result<LogAck>> DynamoChatStore::try_append(chat::Lease lease, LogSegment segment,
                                                            std::uint64_t sendable) {
    auto const write = running_.name_of(lease.generation, segment, engine_.random);
    auto rest = segment;
    auto const settled = co_await settle(lease, rest);
    if (!settled) co_return std::unexpected(settled.error());
    if (rest.last < rest.first) co_return co_await renew_lease(lease);
    auto ack = co_await store_segment(lease, std::move(rest), sendable, write);
    bool const unknown = !ack && ack.error().code != Errc::conflict &&
                         ack.error().code != Errc::invalid_argument;
    if (unknown) running_.note(lease.generation, segment, write);
    co_return ack;
}

asio::awaitable<Result<LogAck>> DynamoChatStore::append_log(chat::Lease lease, LogSegment segment,
                                                            std::uint64_t sendable) {
    auto ack = co_await try_append(lease, segment, sendable);
    // An earlier write arrived right after it was looked for.
    bool const overtaken = !ack && ack.error().code == Errc::invalid_argument &&
                           running_.has_unsettled(lease.generation);
    if (overtaken) ack = co_await try_append(lease, std::move(segment), sendable);
    if (ack) running_.settle(lease.generation);
    if (!ack && ack.error().code == Errc::conflict) running_.forget(lease.generation);
    co_return ack;
}

asio::awaitable<Result<LogAck>> DynamoChatStore::renew_lease(chat::Lease lease) {
    auto const now = engine_.clock.now();
    auto const age = now - running_.renewed_at(lease.generation);
    if (age.count() >= 0 && age < renew_after) {
        auto const row = co_await leased(lease);
        if (!row) co_return std::unexpected(row.error());
        co_return LogAck{row->shown.stop_requested};
    }
    auto const until = milliseconds(now + chat::lease_time);
    Aliases aliases;
    Update update(aliases);
    update.set("lease", until);
    auto const text = update.text();
    auto const state = aliases.name("state");
    auto const epoch = aliases.name("epoch");
    auto const held = aliases.name("lease");
    // One that comes late takes nothing back.
    auto const condition =
        fmt::format("{} = {} AND {} = {} AND {} <= {}", state, aliases.value("running"), epoch,
                    aliases.value(lease.epoch), held, aliases.value(until));
    auto written = co_await engine_.table.update(generation_key(lease.generation).item(), aliases,
                                                 text, condition);
    if (!written) co_return std::unexpected(written.error());
    if (!written->item) co_return lease_lost();
    auto const row = read_generation(*written->item);
    if (!row) co_return std::unexpected(row.error());
    if (!is_run_by(*row, lease)) co_return lease_lost();
    running_.renewed(lease.generation, now);
    co_return LogAck{row->shown.stop_requested};
}

}  // namespace kaiwa::store::dynamodb
