#include "store/common/generation_state.hpp"
#include "store/sqlite/chat_rows.hpp"
#include "store/sqlite/chat_store.hpp"
#include "store/sqlite/search.hpp"

#include <algorithm>

namespace kaiwa::store::sqlite {

using chat::GenerationState;
using chat::LogAck;
using chat::LogSegment;
using chat::Principal;

namespace {

// A reader holds a page while its line is slow.
constexpr std::size_t max_log_page_bytes = 64 * 1024;

/// What a runner's write needs to know of its generation.
struct Run {
    std::int64_t n = 0;
    std::uint64_t last_event = 0;
    std::optional<std::int64_t> last_segment;
    bool stop_requested = false;
};

Result<Run> find_run(Connection& db, chat::Lease const& lease) {
    auto row = db.query(
        "SELECT n, last_event, last_segment, stop_requested FROM generations "
        "WHERE id = ?1 AND epoch = ?2 AND state = 0",
        lease.generation, lease.epoch);
    if (!row.row()) {
        return fail(Errc::conflict, "the generation has ended or is run by another server",
                    "lease_lost");
    }
    return Run{row.integer(0), row.natural(1), row.optional_integer(2), row.boolean(3)};
}

/// Appends to the log. The numbers must follow what is stored, so that no event is lost or doubled
/// whatever the runner does.
Result<void> append_segment(Connection& db, Run& run, LogSegment const& segment) {
    if (segment.last == 0) return {};
    if (segment.first != run.last_event + 1 || segment.last < segment.first) {
        return fail(Errc::invalid_argument, "the segment does not follow the stored log",
                    "log_gap");
    }
    db.run(
        "INSERT INTO segments (previous, first, last, frames, text, reasoning) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        run.last_segment, segment.first, segment.last, segment.frames, segment.text,
        segment.reasoning);
    run.last_segment = db.last_insert();
    run.last_event = segment.last;
    return {};
}

Result<LogAck> store_segment(Connection& db, chat::Lease const& lease, LogSegment const& segment,
                             std::uint64_t sendable, Timestamp now) {
    auto run = find_run(db, lease);
    if (!run) return std::unexpected(run.error());
    if (auto appended = append_segment(db, *run, segment); !appended) {
        return std::unexpected(appended.error());
    }
    db.run(
        "UPDATE generations SET last_event = ?2, last_segment = ?3, sendable = max(sendable, ?4), "
        "text_bytes = text_bytes + ?5, lease_until = ?6 WHERE n = ?1",
        run->n, run->last_event, run->last_segment, sendable, segment.text.size(),
        now + chat::lease_time);
    return LogAck{run->stop_requested};
}

void store_answer(Connection& db, std::int64_t n, chat::Ending const& ending) {
    auto const& usage = ending.usage;
    db.run(
        "UPDATE messages SET state = ?2, finish = ?3, input_tokens = ?4, output_tokens = ?5, "
        "cached_tokens = ?6, reasoning_tokens = ?7, text = ?8, reasoning = ?9, error = ?10, "
        "steps = ?11, citations = ?12 WHERE n = ?1",
        n, message_state(ending.state), ending.finish,
        usage ? std::optional(usage->input_tokens) : std::nullopt,
        usage ? std::optional(usage->output_tokens) : std::nullopt,
        usage ? usage->cached_tokens : std::nullopt, usage ? usage->reasoning_tokens : std::nullopt,
        ending.text, ending.reasoning, ending.error, ending.steps_json, ending.citations_json);
}

Result<void> store_ending(Connection& db, chat::Lease const& lease, chat::Ending const& ending,
                          std::string_view filter, Timestamp now) {
    auto run = find_run(db, lease);
    if (!run) return std::unexpected(run.error());
    if (auto appended = append_segment(db, *run, ending.last_segment); !appended) {
        return appended;
    }
    db.run(
        "UPDATE generations SET state = ?2, last_event = ?3, last_segment = ?4, "
        "sendable = max(sendable, ?3), text_bytes = ?5, ended_at = ?6 WHERE n = ?1",
        run->n, ending.state, run->last_event, run->last_segment, ending.text.size(), now);
    store_answer(db, run->n, ending);
    auto owner = db.query(
        "SELECT t.n, t.owner FROM generations g JOIN threads t ON t.n = g.thread WHERE g.n = ?1",
        run->n);
    if (!owner.row()) return not_found();
    db.run("UPDATE threads SET updated_at = max(updated_at, ?2) WHERE n = ?1", owner.integer(0),
           now);
    index_message(db, owner.id<UserId>(1), run->n, filter);
    return {};
}

Result<chat::LogPage> read_log_page(Connection& db, UserId owner, GenerationId id,
                                    std::uint64_t after, Timestamp now) {
    auto const generation = find_generation(db, owner, id);
    if (!generation) return not_found();
    auto const& shown = generation->shown;
    bool const expired = shown.ended_at && now - *shown.ended_at > chat::event_retention;
    bool const removed = shown.last_event > 0 && !generation->last_segment;
    if (expired || removed) {
        return fail(Errc::gone, "the events of this answer are no longer kept; read its message",
                    "events_expired");
    }
    auto segments = read_segments(db, generation->last_segment, after, max_log_page_bytes);
    return chat::LogPage{shown, std::move(segments.read), segments.more};
}

Result<chat::ClaimedTurn> claim_turn(Connection& db, GenerationId id, Timestamp now) {
    chat::ClaimedTurn claimed;
    std::int64_t n = 0;
    {
        auto row = db.query(
            "SELECT n, epoch, handover, state = 0 AND last_event = 0 AND lease_until >= ?2 AND "
            "handover IS NOT NULL FROM generations WHERE id = ?1",
            id, now);
        if (!row.row()) return not_found();
        if (!row.boolean(3))
            return fail(Errc::conflict, "the turn is run, or has been", "claimed");
        n = row.integer(0);
        claimed.epoch = row.natural(1) + 1;
        claimed.handover = row.text(2);
    }
    db.run(
        "UPDATE generations SET epoch = ?2, lease_until = ?3, handover = NULL WHERE n = ?1", n,
        claimed.epoch, now + chat::lease_time);
    return claimed;
}

}  // namespace

asio::awaitable<Result<chat::Generation>> SqliteChatStore::generation(Principal who,
                                                                      GenerationId id) {
    auto work = [owner = who.id, id](Connection& db) -> Result<chat::Generation> {
        auto const found = find_generation(db, owner, id);
        if (!found) return not_found();
        return found->shown;
    };
    co_return co_await engine_.readers.run(std::move(work));
}

asio::awaitable<Result<chat::LogPage>> SqliteChatStore::read_log(Principal who, GenerationId id,
                                                                 std::uint64_t after) {
    auto work = [owner = who.id, id, after, &clock = engine_.clock](Connection& db) {
        return read_log_page(db, owner, id, after, clock.now());
    };
    co_return co_await engine_.readers.run(std::move(work));
}

asio::awaitable<Result<void>> SqliteChatStore::request_stop(Principal who, GenerationId id) {
    auto work = [owner = who.id, id](Connection& db) -> Result<void> {
        auto const found = find_generation(db, owner, id);
        if (!found) return not_found();
        db.run("UPDATE generations SET stop_requested = 1 WHERE n = ?1 AND state = 0", found->n);
        return {};
    };
    co_return co_await engine_.writer.run(std::move(work));
}

asio::awaitable<Result<chat::ClaimedTurn>> SqliteChatStore::claim(GenerationId id) {
    auto work = [id, &clock = engine_.clock](Connection& db) {
        return claim_turn(db, id, clock.now());
    };
    co_return co_await engine_.writer.run(std::move(work));
}

asio::awaitable<Result<LogAck>> SqliteChatStore::append_log(chat::Lease lease, LogSegment segment,
                                                            std::uint64_t sendable) {
    auto const bytes = segment.frames.size() + segment.text.size() + segment.reasoning.size();
    auto work = [lease, segment = std::move(segment), sendable,
                 &clock = engine_.clock](Connection& db) {
        return store_segment(db, lease, segment, sendable, clock.now());
    };
    co_return co_await engine_.writer.run(std::move(work), bytes);
}

asio::awaitable<Result<LogAck>> SqliteChatStore::renew_lease(chat::Lease lease) {
    auto work = [lease, &clock = engine_.clock](Connection& db) -> Result<LogAck> {
        auto const run = find_run(db, lease);
        if (!run) return std::unexpected(run.error());
        db.run("UPDATE generations SET lease_until = ?2 WHERE n = ?1", run->n,
               clock.now() + chat::lease_time);
        return LogAck{run->stop_requested};
    };
    co_return co_await engine_.writer.run(std::move(work));
}

asio::awaitable<Result<void>> SqliteChatStore::end_generation(chat::Lease lease,
                                                              chat::Ending ending) {
    auto filter = co_await make_filter(engine_, ending.text);
    if (!filter) co_return std::unexpected(filter.error());
    auto const bytes = ending.text.size() + ending.reasoning.size();
    auto work = [lease, ending = std::move(ending), filter = std::move(*filter),
                 &clock = engine_.clock](Connection& db) {
        return store_ending(db, lease, ending, filter, clock.now());
    };
    co_return co_await engine_.writer.run(std::move(work), bytes);
}

asio::awaitable<Result<chat::Generation>> SqliteChatStore::interrupt_expired(Principal who,
                                                                             GenerationId id) {
    auto work = [owner = who.id, id,
                 &clock = engine_.clock](Connection& db) -> Result<chat::Generation> {
        auto const now = clock.now();
        auto found = find_generation(db, owner, id);
        if (!found) return not_found();
        auto const& shown = found->shown;
        if (shown.state != GenerationState::running || shown.lease_until >= now) return shown;
        interrupt(db, *found, "lease_expired", now);
        found = find_generation(db, owner, id);
        if (!found) return not_found();
        return found->shown;
    };
    co_return co_await engine_.writer.run(std::move(work));
}

}  // namespace kaiwa::store::sqlite
