#include "base/spawn.hpp"

#include "base/task_group.hpp"
#include "base/wait.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <stdexcept>

namespace kaiwa {
namespace {

asio::awaitable<void> wait_then_clean_up(bool& cleaned_up) {
    co_await sleep_for(std::chrono::hours(1));
    co_await asio::post(asio::use_awaitable);  // clean-up may await
    EXPECT_TRUE(co_await stop_requested());
    cleaned_up = true;
}

TEST(Spawn, LetsAStoppedTaskCleanUp) {
    asio::io_context io;
    asio::cancellation_signal stop;
    bool cleaned_up = false;
    bool escaped = false;
    spawn(io.get_executor(), stop.slot(), wait_then_clean_up(cleaned_up),
          [&](std::exception_ptr e) { escaped = e != nullptr; });
    io.poll();
    stop.emit(asio::cancellation_type::terminal);
    io.run();

    EXPECT_TRUE(cleaned_up);
    EXPECT_FALSE(escaped);
}

asio::awaitable<void> throw_a_bug() {
    throw std::logic_error("bug");
    co_return;
}

TEST(Spawn, ReportsAnEscapedException) {
    asio::io_context io;
    asio::cancellation_signal stop;
    std::exception_ptr seen;

    spawn(io.get_executor(), stop.slot(), throw_a_bug(), [&](std::exception_ptr e) { seen = e; });
    io.run();

    EXPECT_THROW(std::rethrow_exception(seen), std::logic_error);
}

asio::awaitable<void> stop_and_join(TaskGroup& group, std::size_t& left) {
    group.stop();
    left = co_await group.join(std::chrono::seconds(5));
}

TEST(TaskGroup, StopsAndWaitsForItsTasks) {
    asio::io_context io;
    NullLog log;
    TaskGroup group(io.get_executor(), log);
    bool first = false, second = false, late = false;
    group.start("first", wait_then_clean_up(first));
    group.start("second", wait_then_clean_up(second));
    group.start("bug", throw_a_bug());
    io.poll();
    EXPECT_EQ(group.size(), 2u);

    std::size_t left = 99;
    asio::cancellation_signal none;
    spawn(io.get_executor(), none.slot(), stop_and_join(group, left), [](std::exception_ptr) {});
    io.run();
    io.restart();
    group.start("late", wait_then_clean_up(late));
    io.run();

    EXPECT_EQ(left, 0u);
    EXPECT_TRUE(first && second && late);
}

}  // namespace
}  // namespace kaiwa
