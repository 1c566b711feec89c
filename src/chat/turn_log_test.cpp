#include "chat/turn_log.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <random>
#include <thread>
#include <vector>

namespace kaiwa::chat {
namespace {

std::string text_of(EventBatch const& batch) {
    std::string out;
    for (auto const piece : batch.pieces) out += EventBatch::text_of(piece);
    return out;
}

void run(asio::io_context& io, asio::awaitable<void> task) {
    std::exception_ptr escaped;
    spawn(io.get_executor(), asio::cancellation_slot(), std::move(task),
          [&](std::exception_ptr e) { escaped = e; });
    io.run();
    io.restart();
    if (escaped) std::rethrow_exception(escaped);
}

asio::awaitable<void> read_all(TurnLog& log, std::uint64_t after, std::string& seen) {
    auto const loop = co_await asio::this_coro::executor;
    TurnLog::Cursor cursor{after, std::make_shared<Notifier::Waiter>(loop)};
    log.place(cursor);
    for (;;) {
        EventBatch batch;
        auto const found = log.read(cursor, batch);
        seen += text_of(batch);
        if (found == TurnLog::Found::ended || found == TurnLog::Found::abandoned) co_return;
        if (found == TurnLog::Found::events) continue;
        auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        if (!co_await cursor.waiter->wait_until(deadline)) co_return;
    }
}

TEST(TurnLog, GivesEveryReaderTheSameBytesFromWhereverItBegins) {
    TurnLog log;
    log.append(EventType::started, "{}");
    for (std::size_t i = 0; i < 3'000; ++i)
        log.append_delta(EventType::text, std::string(1 + i % 90, 'a'));
    log.end(EventType::done, "{}");
    asio::io_context io;
    std::string whole;
    run(io, read_all(log, 0, whole));
    EXPECT_EQ(split_frames(whole).size(), 3'002u);

    for (std::uint64_t after : {1u, 2u, 10u, 500u, 2'999u, 3'001u, 3'002u, 9'999u}) {
        std::string rest;
        run(io, read_all(log, after, rest));
        EXPECT_EQ(rest, frames_after(whole, after)) << after;
    }
}

TEST(TurnLog, MissesNothingWhenReadWhileWritten) {
    TurnLog log;
    asio::io_context other;
    asio::any_io_executor const other_loop = other.get_executor();
    std::thread writer([&] {
        for (int i = 0; i < 20'000; ++i) {
            log.append_delta(EventType::text, "こ");
            log.publish(other_loop);
        }
        log.end(EventType::done, "{}");
    });
    asio::io_context io;
    std::string seen;
    run(io, read_all(log, 0, seen));
    writer.join();
    auto const frames = split_frames(seen);
    ASSERT_EQ(frames.size(), 20'001u);
    for (std::size_t i = 0; i < frames.size(); ++i) ASSERT_EQ(frames[i].number, i + 1);
}

TEST(TurnLog, SavesEachByteOnce) {
    TurnLog log;
    std::string frames, text, reasoning;
    for (std::size_t i = 0; i < 400; ++i) {
        log.append_delta(i % 3 == 0 ? EventType::reasoning : EventType::text,
                         std::string(i % 70 + 1, 'x'));
        if (i % 7 != 0) continue;
        auto const segment = log.unsaved();
        EXPECT_EQ(split_frames(segment.frames).front().number, segment.first);
        EXPECT_EQ(split_frames(segment.frames).back().number, segment.last);
        frames += segment.frames;
        text += segment.text;
        reasoning += segment.reasoning;
        if (i % 2 == 0) log.append_delta(EventType::text, "late");  // while the segment is written
        log.mark_saved(segment);
    }
    auto const last = log.closing_segment(EventType::done, "{}");
    frames += last.frames;
    text += last.text;
    reasoning += last.reasoning;
    auto const views = split_frames(frames);
    EXPECT_EQ(views.back().type, "done");
    for (std::size_t i = 0; i < views.size(); ++i) ASSERT_EQ(views[i].number, i + 1);
    EXPECT_EQ(text, log.text());
    EXPECT_EQ(reasoning, log.reasoning());
}

TEST(TurnLog, HidesTheTerminalEventUntilItIsDurable) {
    TurnLog log;
    log.append_delta(EventType::text, "a");
    auto const segment = log.closing_segment(EventType::done, "{}");
    EXPECT_EQ(segment.last, 2u);
    EXPECT_EQ(log.last(), 1u);
    log.end(EventType::done, "{}");
    EXPECT_EQ(log.last(), 2u);
}

asio::awaitable<void> tell(std::string& told, TurnLog& log, TurnLog::Cursor cursor) {
    EventBatch batch;
    static_cast<void>(log.read(cursor, batch));
    bool const woken = co_await cursor.waiter->wait_until(std::chrono::steady_clock::now() +
                                                          std::chrono::seconds(20));
    static_cast<void>(log.read(cursor, batch));
    if (woken) told = text_of(batch);
}

asio::awaitable<void> append_and_look(std::string& seen, std::string const& told, TurnLog& log) {
    auto const loop = co_await asio::this_coro::executor;
    log.append(EventType::started, "{}");
    log.append_delta(EventType::text, "a");
    log.publish(loop);
    seen = told;
}

TEST(TurnLog, ReadersOnTheWritersLoopHaveWhatIsPublishedBeforeItGoesOn) {
    asio::io_context io;
    TurnLog log;
    std::string told, seen;
    TurnLog::Cursor cursor{0, std::make_shared<Notifier::Waiter>(io.get_executor())};
    spawn(io.get_executor(), {}, tell(told, log, std::move(cursor)), [](std::exception_ptr) {});
    run(io, append_and_look(seen, told, log));
    EXPECT_EQ(split_frames(seen).size(), 2u);
}

TEST(TurnLog, LetsGoOfWhatIsSavedOnceItFilledAChunk) {
    TurnLog log;
    TurnLog::Cursor late{.given = 0}, early{.given = 0};
    EventBatch batch;
    for (int i = 0; i < 200; ++i) log.append_delta(EventType::text, "word ");
    EXPECT_EQ(log.read(early, batch), TurnLog::Found::events);
    log.mark_saved(log.unsaved());
    batch.clear();
    EXPECT_EQ(log.read(late, batch), TurnLog::Found::saved);
    EXPECT_TRUE(batch.empty());

    log.append_delta(EventType::text, "more");
    EXPECT_EQ(log.read(early, batch), TurnLog::Found::events);
    EXPECT_EQ(split_frames(text_of(batch)).front().number, 201u);
    EXPECT_EQ(log.text().size(), 1'004u);
}

/// What a reader does: from the log while it has it, else from what was saved.
struct MixedReader {
    TurnLog::Cursor cursor;
    std::string seen;
    int stored_reads = 0;

    void go_on(TurnLog& log, std::string const& stored) {
        EventBatch batch;
        while (log.read(cursor, batch) == TurnLog::Found::saved) {
            auto const fresh = frames_after(stored, cursor.given);
            seen += fresh;
            cursor.given = split_frames(fresh).back().number;
            log.place(cursor);
            ++stored_reads;
        }
        seen += text_of(batch);
    }
};

TEST(TurnLog, GivesEachEventOnceToReadersOfAnyPaceWhileItLetsGo) {
    TurnLog log;
    std::mt19937 random(7);
    std::string stored;
    asio::io_context io;
    std::vector<MixedReader> readers(5);
    for (auto& reader : readers)
        reader.cursor.waiter = std::make_shared<Notifier::Waiter>(io.get_executor());
    for (int step = 0; step < 4'000; ++step) {
        log.append_delta(EventType::text, std::string(random() % 300, 'x'));
        readers.front().go_on(log, stored);
        if (random() % 6 == 0) {
            auto const segment = log.unsaved();
            if (random() % 2 == 0) log.append_delta(EventType::text, "late");
            stored += segment.frames;
            log.mark_saved(segment);
        }
        for (std::size_t i = 1; i < readers.size(); ++i)
            if (random() % (1 + i * i * 40) == 0) readers[i].go_on(log, stored);
    }
    for (auto& reader : readers) {
        reader.go_on(log, stored);
        auto const frames = split_frames(reader.seen);
        ASSERT_EQ(frames.size(), log.last());
        for (std::size_t i = 0; i < frames.size(); ++i) ASSERT_EQ(frames[i].number, i + 1);
    }
    EXPECT_EQ(readers.front().stored_reads, 0);
    EXPECT_GT(readers.back().stored_reads, 5);
}

TEST(TurnLog, TellsThatItWasAbandoned) {
    TurnLog log;
    asio::io_context io;
    TurnLog::Cursor cursor{0, std::make_shared<Notifier::Waiter>(io.get_executor())};
    EventBatch batch;
    EXPECT_EQ(log.read(cursor, batch), TurnLog::Found::nothing);
    log.abandon();
    EXPECT_EQ(log.read(cursor, batch), TurnLog::Found::abandoned);
}

}  // namespace
}  // namespace kaiwa::chat
