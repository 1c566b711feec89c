#include "tests/support/store_ledger/ledger.hpp"

#include "chat/event_frame.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/data_lock.hpp"
#include "store/sqlite/store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <sstream>

namespace kaiwa::store::sqlite {
namespace {

auth::Principal const person{*UserId::parse("00000000-0000-7000-8000-000000000001"), "ledger",
                             auth::UserRole::user};

struct World {
    SystemClock clock;
    SystemRandom random;
    NullLog log;

    Result<std::unique_ptr<SqliteStore>> open_store(std::filesystem::path const& data_dir) {
        return open({.data_dir = data_dir,
                     .clock = clock,
                     .random = random,
                     .log = log,
                     .sealer = Sealer(sha256("ledger"))});
    }
    template <class T>
    T make_id() {
        return T{make_uuid7(clock, random)};
    }
};

/// One line, in one write, so that it is whole or absent.
void acknowledge(std::string const& line) {
    if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) ::_exit(3);
}

asio::awaitable<bool> chat_once(World& world, SqliteStore& store, ThreadId thread) {
    auto& chats = store.chats();
    chat::NewTurn turn;
    turn.question = world.make_id<MessageId>();
    turn.reply = world.make_id<MessageId>();
    turn.generation = world.make_id<GenerationId>();
    turn.text = "question " + turn.question.text();
    turn.request_digest = turn.text;
    auto const ticket = co_await chats.begin_turn(person, thread, turn);
    if (!ticket) co_return false;
    acknowledge(
        fmt::format("turn {} {} {}\n", thread.text(), turn.question.text(), turn.reply.text()));

    std::string text;
    std::uint64_t number = 0;
    chat::Lease const lease{ticket->generation, ticket->epoch};
    auto const pieces = 1 + static_cast<int>(world.random.fraction() * 6);
    for (int i = 0; i < pieces; ++i) {
        chat::LogSegment segment;
        segment.first = segment.last = ++number;
        segment.text = std::string(static_cast<std::size_t>(world.random.fraction() * 900), 'x');
        chat::append_delta_frame(segment.frames, number, chat::EventType::text, segment.text);
        text += segment.text;
        auto const ack = co_await chats.append_log(lease, segment, number + 8);
        if (!ack) co_return false;
        acknowledge(fmt::format("log {} {}\n", lease.generation.text(), number));
    }
    chat::Ending ending;
    ending.last_segment.first = ending.last_segment.last = ++number;
    chat::append_frame(ending.last_segment.frames, number, chat::EventType::done,
                       R"({"finish":"stop"})");
    ending.text = text;
    auto const ended = co_await chats.end_generation(lease, ending);
    if (!ended) co_return false;
    acknowledge(fmt::format("end {} {} {}\n", thread.text(), turn.reply.text(), text.size()));
    co_return true;
}

asio::awaitable<void> chat_without_end(World& world, SqliteStore& store) {
    for (;;) {
        auto const id = world.make_id<ThreadId>();
        chat::NewThread const wanted{id, "ledger", {}};
        auto const thread = co_await store.chats().create_thread(person, wanted);
        if (!thread) co_return;
        for (int turns = 0; turns < 20; ++turns) {
            bool const kept = co_await chat_once(world, store, id);
            if (!kept) co_return;
        }
    }
}

asio::awaitable<Result<void>> check_line(SqliteStore& store, std::string line) {
    std::istringstream words(line);
    std::string kind;
    std::string first;
    std::string second;
    std::string third;
    words >> kind >> first >> second >> third;
    auto const wrong = [&](std::string_view what) {
        return fail(Errc::internal, fmt::format("{}: {}", line, what));
    };
    auto& chats = store.chats();
    if (kind == "turn") {
        auto const question =
            co_await chats.message(person, *ThreadId::parse(first), *MessageId::parse(second));
        if (!question) co_return wrong("the question is lost");
        if (question->text != "question " + second) co_return wrong("the question is another");
        auto const reply =
            co_await chats.message(person, *ThreadId::parse(first), *MessageId::parse(third));
        if (!reply) co_return wrong("the answer is lost");
        if (reply->state == chat::MessageState::pending) co_return wrong("the answer is pending");
    } else if (kind == "log") {
        auto const id = *GenerationId::parse(first);
        auto const page = co_await chats.read_log(person, id, 0);
        if (!page) co_return wrong("the log is lost");
        std::uint64_t stored = 0;
        for (auto const& segment : page->segments) {
            if (segment.frames.contains("event: interrupted")) break;
            if (segment.first != stored + 1) co_return wrong("the log has a gap");
            stored = segment.last;
        }
        if (stored < std::stoull(second)) co_return wrong("events are lost");
    } else if (kind == "end") {
        auto const reply =
            co_await chats.message(person, *ThreadId::parse(first), *MessageId::parse(second));
        if (!reply) co_return wrong("the answer is lost");
        if (reply->state != chat::MessageState::complete) co_return wrong("the answer is cut");
        if (reply->text.size() != std::stoull(third)) co_return wrong("the text is another");
    }
    co_return Result<void>{};
}

asio::awaitable<Result<std::size_t>> check_lines(SqliteStore& store, std::string ledger) {
    std::size_t lines = 0;
    std::vector<std::size_t> lost;
    std::string first;
    for (std::size_t at = 0;;) {
        auto const end = ledger.find('\n', at);
        if (end == ledger.npos) break;
        ++lines;
        auto const checked = co_await check_line(store, ledger.substr(at, end - at));
        if (!checked) {
            lost.push_back(lines);
            if (first.empty()) first = checked.error().message;
        }
        at = end + 1;
    }
    if (lost.empty()) co_return lines;
    co_return fail(Errc::internal,
                   fmt::format("of {} acknowledgements {} are lost, lines {} to {}; "
                               "the first: {}",
                               lines, lost.size(), lost.front(), lost.back(), first));
}

Result<void> check_whole(std::filesystem::path const& data_dir) {
    auto db = Connection::open(database_file(data_dir), Connection::Mode::read_only);
    if (!db) return std::unexpected(db.error());
    auto row = db->query("PRAGMA integrity_check");
    if (row.row() && row.view(0) == "ok") return {};
    return fail(Errc::internal, "integrity_check: " + row.text(0));
}

}  // namespace

int write_ledger(std::filesystem::path const& data_dir, unsigned tasks) {
    World world;
    auto store = world.open_store(data_dir);
    if (!store) {
        fmt::print(stderr, "{}\n", store.error().message);
        return 1;
    }
    asio::io_context loop;
    for (unsigned i = 0; i < tasks; ++i) {
        asio::co_spawn(loop, chat_without_end(world, **store), [](std::exception_ptr) {});
    }
    loop.run();
    return 2;
}

Result<std::size_t> check_ledger(std::filesystem::path const& data_dir, std::string_view ledger) {
    World world;
    auto store = world.open_store(data_dir);
    if (!store) return std::unexpected(store.error());
    if (auto whole = check_whole(data_dir); !whole) return std::unexpected(whole.error());
    asio::io_context loop;
    Result<std::size_t> result = 0;
    asio::co_spawn(loop, check_lines(**store, std::string(ledger)),
                   [&](std::exception_ptr error, Result<std::size_t> checked) {
                       if (error) std::rethrow_exception(error);
                       result = std::move(checked);
                   });
    loop.run();
    return result;
}

}  // namespace kaiwa::store::sqlite
