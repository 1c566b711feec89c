#include "base/wait.hpp"

#include "base/workers.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace kaiwa {
namespace {

void run(asio::io_context& io, asio::awaitable<void> task) {
    asio::cancellation_signal none;
    std::exception_ptr escaped;
    spawn(io.get_executor(), none.slot(), std::move(task), [&](std::exception_ptr e) { escaped = e; });
    io.run();
    if (escaped) std::rethrow_exception(escaped);
}

struct Counter {
    std::mutex mutex;
    Notifier changed;
    int value = 0;
};

asio::awaitable<void> wait_for_value(Counter& counter, int wanted, bool& seen) {
    auto const loop = co_await asio::this_coro::executor;
    auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::unique_lock lock(counter.mutex);
    while (counter.value < wanted) {
        auto waiter = counter.changed.prepare(loop);
        lock.unlock();
        if (!co_await waiter->wait_until(deadline)) co_return;
        lock.lock();
    }
    seen = true;
}

TEST(Notifier, MissesNoChangeMadeOnAnotherThread) {
    constexpr int changes = 20'000;
    asio::io_context io;
    Counter counter;
    bool seen = false;
    std::thread writer([&] {
        for (int i = 0; i < changes; ++i) {
            {
                std::lock_guard const lock(counter.mutex);
                ++counter.value;
            }
            counter.changed.notify_all();
        }
    });
    run(io, wait_for_value(counter, changes, seen));
    writer.join();
    EXPECT_TRUE(seen);
}

asio::awaitable<void> wait_until_past(Notifier& notifier, bool& notified) {
    auto waiter = notifier.prepare(co_await asio::this_coro::executor);
    notified = co_await waiter->wait_until(std::chrono::steady_clock::now());
}

TEST(Notifier, EndsAtTheDeadline) {
    asio::io_context io;
    Notifier notifier;
    bool notified = true;
    run(io, wait_until_past(notifier, notified));
    EXPECT_FALSE(notified);
}

asio::awaitable<void> add(Workers& workers, std::thread::id loop, Result<int>& sum) {
    auto work = [loop]() -> Result<int> {
        EXPECT_NE(std::this_thread::get_id(), loop);
        return 40 + 2;
    };
    sum = co_await workers.run(std::move(work));
    EXPECT_EQ(std::this_thread::get_id(), loop);
}

TEST(Workers, RunElsewhereAndComeBackToTheLoop) {
    asio::io_context io;
    Workers workers("test", 2, 10);
    Result<int> sum = 0;
    run(io, add(workers, std::this_thread::get_id(), sum));
    EXPECT_EQ(sum, 42);
}

asio::awaitable<void> run_out_of_memory(Workers& workers, Result<int>& result) {
    auto work = []() -> Result<int> { throw std::bad_alloc(); };
    result = co_await workers.run(std::move(work));
}

TEST(Workers, FailWhereMemoryIsShort) {
    asio::io_context loop;
    Workers workers("test", 1, 10);
    Result<int> result = 0;
    spawn(loop.get_executor(), {}, run_out_of_memory(workers, result), [](std::exception_ptr) {});
    loop.run();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Errc::unavailable);
}

TEST(Workers, RefuseWorkWhenTheQueueIsFull) {
    asio::io_context io;
    Workers workers("test", 1, 0);
    Result<int> sum = 0;
    run(io, add(workers, std::this_thread::get_id(), sum));
    ASSERT_FALSE(sum.has_value());
    EXPECT_EQ(sum.error().code, Errc::unavailable);
}

}  // namespace
}  // namespace kaiwa
