#pragma once

#include "base/log.hpp"
#include "base/spawn.hpp"

#include <chrono>
#include <list>
#include <memory>
#include <string>

namespace kaiwa {

/// The tasks of one service on one loop: one place to start them, stop them and wait for them.
///
/// Used on its loop only. Outlives its tasks when `join()` was awaited; a task that escapes with
/// an exception is logged as a bug and forgotten.
class TaskGroup {
public:
    TaskGroup(asio::any_io_executor loop, Log& log);

    /// Starts `task`; `name` is for the log. After `stop()` new tasks start already stopped.
    void start(std::string name, asio::awaitable<void> task);
    /// Asks every task to stop. Repeatable.
    void stop();
    [[nodiscard]] std::size_t size() const { return tasks_->size(); }
    /// Waits until all tasks ended, or `patience` is over; tells how many still run.
    asio::awaitable<std::size_t> join(std::chrono::milliseconds patience);

private:
    struct Task {
        asio::cancellation_signal stop;
    };
    asio::any_io_executor loop_;
    Log& log_;
    std::shared_ptr<std::list<Task>> tasks_ = std::make_shared<std::list<Task>>();
    bool stopped_ = false;
};

}  // namespace kaiwa
