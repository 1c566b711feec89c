#include "chat/turn_log.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <thread>

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

asio::awaitable<void> read_all(TurnLog& log, TurnLog::Position at, std::string& seen) {
    for (;;) {
        EventBatch batch;
        auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        auto const waited = co_await log.read(at, batch, deadline);
        seen += text_of(batch);
        if (waited != TurnLog::Waited::events) co_return;
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
    run(io, read_all(log, {}, whole));
    EXPECT_EQ(split_frames(whole).size(), 3'002u);

    for (std::uint64_t after : {1u, 2u, 10u, 500u, 2'999u, 3'001u, 3'002u, 9'999u}) {
        std::string rest;
        run(io, read_all(log, log.after(after), rest));
        EXPECT_EQ(rest, frames_after(whole, after)) << after;
    }
}

TEST(TurnLog, MissesNothingWhenReadWhileWritten) {
    TurnLog log;
    std::thread writer([&] {
        for (int i = 0; i < 20'000; ++i) {
            log.append_delta(EventType::text, "こ");
            log.publish();
        }
        log.end(EventType::done, "{}");
    });
    asio::io_context io;
    std::string seen;
    run(io, read_all(log, {}, seen));
    writer.join();
    auto const frames = split_frames(seen);
    ASSERT_EQ(frames.size(), 20'001u);
    for (std::size_t i = 0; i < frames.size(); ++i) ASSERT_EQ(frames[i].number, i + 1);
}

TEST(TurnLog, SavesEachByteOnce) {
    TurnLog log;
    std::string frames, text, reasoning;
    for (std::size_t i = 0; i < 400; ++i) {
        log.append_delta(i % 3 == 0 ? EventType::reasoning : EventType::text, std::string(i % 70 + 1, 'x'));
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

asio::awaitable<void> read_once(TurnLog& log, TurnLog::Waited& waited) {
    EventBatch batch;
    TurnLog::Position at;
    waited = co_await log.read(at, batch, std::chrono::steady_clock::now());
}

TEST(TurnLog, TellsADeadlineFromAnEnd) {
    asio::io_context io;
    TurnLog log;
    auto waited = TurnLog::Waited::events;
    run(io, read_once(log, waited));
    EXPECT_EQ(waited, TurnLog::Waited::deadline);
    log.abandon();
    run(io, read_once(log, waited));
    EXPECT_EQ(waited, TurnLog::Waited::abandoned);
}

}  // namespace
}  // namespace kaiwa::chat
