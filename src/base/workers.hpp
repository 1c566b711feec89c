#pragma once

#include "base/spawn.hpp"
#include "kaiwa/error.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <vector>

namespace kaiwa {

/// A few threads for work that blocks (database reads, password hashes, files), with a bounded
/// queue. `run()` suspends the task, not the loop. Destruction finishes what is queued.
class Workers {
public:
    Workers(std::string name, std::size_t threads, std::size_t max_queued);
    ~Workers();
    Workers(Workers const&) = delete;
    Workers& operator=(Workers const&) = delete;

    /// Runs `work` (returning a `Result<T>`) on one of the threads and returns its result on the
    /// loop of the awaiting task. `work` must not throw, and is not interrupted by a stop.
    ///
    /// Fails with `unavailable` when the queue is full.
    template <class Work>
    auto run(Work work) -> asio::awaitable<std::invoke_result_t<Work>>;

    /// Queues `job`; false when the queue is full.
    bool submit(std::move_only_function<void()> job);

private:
    template <class R, class Work>
    static R result_of(Work& work);
    void work();
    std::size_t max_queued_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::move_only_function<void()>> queue_;
    bool closing_ = false;
    std::vector<std::thread> threads_;
};

/// Where memory is short a piece of work fails, and the process goes on.
template <class R, class Work>
R Workers::result_of(Work& work) {
    try {
        return work();
    } catch (std::bad_alloc const&) {
        return R(fail(Errc::unavailable, "there is not enough memory for this now; try again"));
    }
}

template <class Work>
auto Workers::run(Work work) -> asio::awaitable<std::invoke_result_t<Work>> {
    using R = std::invoke_result_t<Work>;
    auto executor = co_await asio::this_coro::executor;
    auto start = [this, executor, &work](auto handler) {
        auto guard = asio::prefer(executor, asio::execution::outstanding_work.tracked);
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        auto job = [guard, shared, work = std::move(work)]() mutable {
            auto done = [shared, result = result_of<R>(work)]() mutable {
                std::move (*shared)(std::move(result));
            };
            asio::post(guard, std::move(done));
        };
        if (!submit(std::move(job))) {
            auto refuse = [shared]() mutable {
                std::move (*shared)(R(fail(Errc::unavailable, "too much work is waiting")));
            };
            asio::post(executor, std::move(refuse));
        }
    };
    co_return co_await asio::async_initiate<asio::use_awaitable_t<> const, void(R)>(
        start, asio::use_awaitable);
}

}  // namespace kaiwa
