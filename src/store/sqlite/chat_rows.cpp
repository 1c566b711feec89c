#include "store/sqlite/chat_rows.hpp"

#include "chat/event_frame.hpp"
#include "store/common/search_filter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <ranges>
#include <unordered_map>

namespace kaiwa::store::sqlite {
namespace {

// A page of a thread ends behind so much text, however many messages were asked for: a reader may
// hold it for long.
constexpr std::size_t max_page_bytes = 2 << 20;

chat::ThreadSettings read_settings(Query const& row, int column) {
    chat::ThreadSettings settings;
    settings.model = row.optional_text(column);
    settings.parameters.temperature = row.optional_real(column + 1);
    settings.parameters.top_p = row.optional_real(column + 2);
    settings.parameters.max_tokens = row.optional_integer(column + 3);
    settings.system_prompt = row.optional_text(column + 4);
    return settings;
}

std::optional<llm::Usage> read_usage(Query const& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    return llm::Usage{row.integer(column), row.integer(column + 1),
                      row.optional_integer(column + 2), row.optional_integer(column + 3)};
}

/// Reads the columns of read_branch().
chat::Message read_message(Query const& row) {
    chat::Message message;
    message.parent = row.optional_id<MessageId>(2);
    message.depth = row.integer(3);
    message.role = row.choice<chat::MessageRole>(4);
    message.state = row.choice<chat::MessageState>(5);
    message.id = row.id<MessageId>(6);
    message.created_at = row.time(7);
    message.model = row.optional_text(8);
    message.finish = row.optional_text(9);
    message.usage = read_usage(row, 10);
    message.text = row.text(14);
    message.reasoning = row.text(15);
    message.error = row.optional_text(16);
    message.steps_json = row.text(17);
    message.citations_json = row.text(18);
    message.generation = row.optional_id<GenerationId>(19);
    if (!row.is_null(21)) {
        message.feedback = chat::Feedback{row.choice<chat::Feedback::Value>(21), row.text(22)};
    }
    if (message.state != chat::MessageState::interrupted) message.ended_at = row.optional_time(23);
    return message;
}

GenerationRow read_generation(Query const& row) {
    GenerationRow out;
    out.n = row.integer(0);
    out.thread = row.integer(1);
    out.last_segment = row.optional_integer(2);
    out.owner = row.id<UserId>(3);
    out.shown.id = row.id<GenerationId>(4);
    out.shown.thread = row.id<ThreadId>(5);
    out.shown.reply = row.id<MessageId>(6);
    out.shown.state = row.choice<chat::GenerationState>(7);
    out.shown.epoch = row.natural(8);
    out.shown.lease_until = row.time(9);
    out.shown.last_event = row.natural(10);
    out.shown.sendable = row.natural(11);
    out.shown.text_bytes = row.natural(12);
    out.shown.stop_requested = row.boolean(13);
    out.shown.ended_at = row.optional_time(14);
    return out;
}

/// Fills what a running answer has come to so far.
void fill_pending(Connection& db, chat::Message& message, std::int64_t last_segment) {
    auto folded = fold_log(read_segments(db, last_segment, 0));
    message.text = std::move(folded.text);
    message.reasoning = std::move(folded.reasoning);
    message.steps_json = std::move(folded.steps_json);
    message.citations_json = std::move(folded.citations_json);
    message.usage = folded.usage;
}

void add_siblings(Connection& db, std::int64_t thread, std::int64_t from, std::size_t limit,
                  std::unordered_map<std::int64_t, chat::Message*> const& messages) {
    auto row = db.query(R"sql(
        WITH RECURSIVE branch(n, parent, role, level) AS (
            SELECT n, parent, role, 1 FROM messages WHERE n = ?2
            UNION ALL
            SELECT m.n, m.parent, m.role, b.level + 1
            FROM branch b JOIN messages m ON m.n = b.parent WHERE b.level < ?3)
        SELECT b.n, s.id FROM branch b
        CROSS JOIN messages s INDEXED BY messages_by_parent ON s.thread = ?1 AND s.parent IS b.parent AND s.role = b.role
        ORDER BY s.n)sql",
                        thread, from, limit);
    while (row.row()) {
        auto const found = messages.find(row.integer(0));
        if (found != messages.end()) found->second->siblings.push_back(row.id<MessageId>(1));
    }
}

void add_files(Connection& db, std::int64_t from, std::size_t limit,
               std::unordered_map<std::int64_t, chat::Message*> const& messages) {
    auto row = db.query(R"sql(
        WITH RECURSIVE branch(n, parent, level) AS (
            SELECT n, parent, 1 FROM messages WHERE n = ?1
            UNION ALL
            SELECT m.n, m.parent, b.level + 1
            FROM branch b JOIN messages m ON m.n = b.parent WHERE b.level < ?2)
        SELECT b.n, f.id, f.name, f.media_type, f.size FROM branch b
        CROSS JOIN message_files a ON a.message = b.n JOIN files f ON f.n = a.file
        ORDER BY b.n, a.place)sql",
                        from, limit);
    while (row.row()) {
        auto const found = messages.find(row.integer(0));
        if (found == messages.end()) continue;
        chat::FileInfo file{row.id<FileId>(1), row.text(2), row.text(3), row.natural(4)};
        found->second->files.push_back(std::move(file));
    }
}

}  // namespace

std::unexpected<Error> not_found() {
    return fail(Errc::not_found, "there is no such object, or it is not yours");
}

std::optional<ThreadRow> find_thread(Connection& db, UserId owner, ThreadId id) {
    auto row = db.query(
        "SELECT n, head, title <> '', model, temperature, top_p, max_tokens, system_prompt "
        "FROM threads WHERE id = ?1 AND owner = ?2 AND deleted_at IS NULL",
        id, owner);
    if (!row.row()) return std::nullopt;
    return ThreadRow{row.integer(0), row.optional_integer(1), row.boolean(2), read_settings(row, 3)};
}

Result<chat::Thread> read_thread(Connection& db, std::int64_t n, Timestamp now) {
    auto row = db.query(R"sql(
        SELECT t.id, t.title, t.created_at, t.updated_at, t.archived, h.id,
               t.model, t.temperature, t.top_p, t.max_tokens, t.system_prompt,
               EXISTS (SELECT 1 FROM generations g
                       WHERE g.thread = t.n AND g.state = 0 AND g.lease_until > ?2), t.stay
        FROM threads t LEFT JOIN messages h ON h.n = t.head WHERE t.n = ?1)sql",
                        n, now);
    if (!row.row()) return not_found();
    chat::Thread thread;
    thread.id = row.id<ThreadId>(0);
    thread.title = row.text(1);
    thread.created_at = row.time(2);
    thread.updated_at = row.time(3);
    thread.archived = row.boolean(4);
    thread.head = row.optional_id<MessageId>(5);
    thread.settings = read_settings(row, 6);
    thread.running = row.boolean(11);
    thread.stay = chat::Stay(row.integer(12));
    return thread;
}

std::optional<MessageRow> find_message(Connection& db, std::int64_t thread, MessageId id) {
    auto row = db.query(
        "SELECT n, id, parent, depth, role, key FROM messages WHERE thread = ?1 AND id = ?2",
        thread, id);
    if (!row.row()) return std::nullopt;
    return MessageRow{row.integer(0),
                      row.id<MessageId>(1),
                      row.optional_integer(2),
                      row.integer(3),
                      row.choice<chat::MessageRole>(4),
                      row.text(5)};
}

Branch read_branch(Connection& db, std::int64_t thread, std::int64_t from, std::size_t limit) {
    Branch branch;
    auto row = db.query(R"sql(
        WITH RECURSIVE branch(n, parent, level) AS (
            SELECT n, parent, 1 FROM messages WHERE n = ?1
            UNION ALL
            SELECT m.n, m.parent, b.level + 1
            FROM branch b JOIN messages m ON m.n = b.parent WHERE b.level < ?2)
        SELECT m.n, m.parent, p.id, m.depth, m.role, m.state, m.id, m.created_at, m.model, m.finish,
               m.input_tokens, m.output_tokens, m.cached_tokens, m.reasoning_tokens,
               m.text, m.reasoning, m.error, m.steps, m.citations,
               g.id, g.last_segment, f.value, f.comment, g.ended_at
        FROM branch b CROSS JOIN messages m ON m.n = b.n
        LEFT JOIN messages p ON p.n = m.parent
        LEFT JOIN generations g ON g.n = m.n
        LEFT JOIN feedback f ON f.message = m.n)sql",
                        from, limit);
    struct Row {
        chat::Message message;
        std::int64_t n;
        std::optional<std::int64_t> parent;
    };
    std::vector<Row> rows;
    std::size_t bytes = 0;
    while (bytes < max_page_bytes && row.row()) {
        auto& [message, n, parent] = rows.emplace_back();
        n = row.integer(0);
        parent = row.optional_integer(1);
        message = read_message(row);
        if (message.state == chat::MessageState::pending && !row.is_null(20)) {
            fill_pending(db, message, row.integer(20));
        }
        bytes += message.text.size() + message.reasoning.size() + message.steps_json.size() +
                 message.citations_json.size();
    }
    // Sorted here: SQLite would copy all texts into its sorter.
    std::ranges::sort(rows, {}, [](Row const& r) { return r.message.depth; });
    if (!rows.empty()) branch.parent_of_first = rows.front().parent;
    branch.messages.reserve(rows.size());
    std::unordered_map<std::int64_t, chat::Message*> by_number;
    for (auto& each : rows) {
        auto& message = branch.messages.emplace_back(std::move(each.message));
        by_number.emplace(each.n, &message);
    }
    add_siblings(db, thread, from, rows.size(), by_number);
    add_files(db, from, rows.size(), by_number);
    return branch;
}

std::optional<GenerationRow> find_generation(Connection& db, GenerationId id) {
    auto row = db.query(R"sql(
        SELECT g.n, g.thread, g.last_segment, t.owner, g.id, t.id, m.id, g.state, g.epoch,
               g.lease_until, g.last_event, g.sendable, g.text_bytes, g.stop_requested, g.ended_at
        FROM generations g JOIN threads t ON t.n = g.thread JOIN messages m ON m.n = g.n
        WHERE g.id = ?1)sql",
                        id);
    if (!row.row()) return std::nullopt;
    return read_generation(row);
}

std::optional<GenerationRow> find_generation(Connection& db, UserId owner, GenerationId id) {
    auto row = db.query(R"sql(
        SELECT g.n, g.thread, g.last_segment, t.owner, g.id, t.id, m.id, g.state, g.epoch,
               g.lease_until, g.last_event, g.sendable, g.text_bytes, g.stop_requested, g.ended_at
        FROM generations g JOIN threads t ON t.n = g.thread JOIN messages m ON m.n = g.n
        WHERE g.id = ?1 AND t.owner = ?2 AND t.deleted_at IS NULL)sql",
                        id, owner);
    if (!row.row()) return std::nullopt;
    return read_generation(row);
}

std::vector<chat::LogSegment> read_segments(Connection& db,
                                            std::optional<std::int64_t> last_segment,
                                            std::uint64_t after) {
    return read_segments(db, last_segment, after, std::numeric_limits<std::size_t>::max()).read;
}

Segments read_segments(Connection& db, std::optional<std::int64_t> last_segment,
                       std::uint64_t after, std::size_t max_bytes) {
    // Each knows the one before it: found from the end, read from the front.
    std::vector<std::int64_t> numbers;
    while (last_segment) {
        auto row = db.query("SELECT previous FROM segments WHERE n = ?1 AND last > ?2",
                            *last_segment, after);
        if (!row.row()) break;
        numbers.push_back(*last_segment);
        last_segment = row.optional_integer(0);
    }
    Segments segments;
    std::size_t bytes = 0;
    for (auto const number : numbers | std::views::reverse) {
        if (bytes >= max_bytes) {
            segments.more = true;
            break;
        }
        auto row = db.query(
            "SELECT first, last, frames, text, reasoning FROM segments WHERE n = ?1", number);
        if (!row.row()) break;
        auto& segment = segments.read.emplace_back(row.natural(0), row.natural(1), row.text(2),
                                                   row.text(3), row.text(4));
        bytes += segment.frames.size() + segment.text.size() + segment.reasoning.size();
    }
    return segments;
}

void interrupt(Connection& db, GenerationRow const& generation, std::string_view reason,
               Timestamp now) {
    auto const folded = fold_log(read_segments(db, generation.last_segment, 0));
    auto const number = std::max(generation.shown.sendable, generation.shown.last_event) + 1;
    std::string frame;
    auto const data = fmt::format(R"({{"reason":"{}","length":{}}})", reason, folded.text.size());
    chat::append_frame(frame, number, chat::EventType::interrupted, data);
    db.run(
        "INSERT INTO segments (previous, first, last, frames, text, reasoning) "
        "VALUES (?1, ?2, ?2, ?3, '', '')",
        generation.last_segment, number, frame);
    // The epoch grows, so that a runner that is late after all is fenced off.
    db.run(
        "UPDATE generations SET state = ?2, epoch = epoch + 1, last_event = ?3, sendable = ?3, "
        "text_bytes = ?4, last_segment = ?5, ended_at = ?6 WHERE n = ?1",
        generation.n, chat::GenerationState::interrupted, number, folded.text.size(),
        db.last_insert(), now);
    auto const usage = folded.usage.value_or(llm::Usage{});
    auto const counted = [&](std::int64_t tokens) {
        return folded.usage ? std::optional(tokens) : std::nullopt;
    };
    db.run(
        "UPDATE messages SET state = ?2, text = ?3, reasoning = ?4, steps = ?5, citations = ?6, "
        "input_tokens = ?7, output_tokens = ?8, cached_tokens = ?9, reasoning_tokens = ?10 "
        "WHERE n = ?1",
        generation.n, chat::MessageState::interrupted, folded.text, folded.reasoning,
        folded.steps_json, folded.citations_json, counted(usage.input_tokens),
        counted(usage.output_tokens), usage.cached_tokens, usage.reasoning_tokens);
    index_message(db, generation.owner, generation.n, SearchFilter::of_text(folded.text));
}

void index_message(Connection& db, UserId owner, std::int64_t message, std::string_view filter) {
    db.run("INSERT OR REPLACE INTO search_filters (owner, message, filter) VALUES (?1, ?2, ?3)",
           owner, message, Bytes{filter});
}

}  // namespace kaiwa::store::sqlite
