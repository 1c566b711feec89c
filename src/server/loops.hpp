#pragma once

#include "base/log.hpp"
#include "base/spawn.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <memory>
#include <thread>
#include <vector>

namespace kaiwa::server {

/// The event loops: one `io_context` a core, each run by a thread of its own. Everything that works
/// on them is destroyed before them.
class Loops {
public:
    explicit Loops(std::size_t count);
    ~Loops();
    Loops(Loops const&) = delete;
    Loops& operator=(Loops const&) = delete;

    [[nodiscard]] std::vector<asio::any_io_executor> const& executors() const { return executors_; }
    [[nodiscard]] asio::any_io_executor first() const { return executors_.front(); }

    /// Starts the threads.
    void start();
    /// Waits until no loop has work left, or `patience` is over; tells whether they ran dry. After
    /// it the threads are gone.
    bool run_dry(std::chrono::milliseconds patience);

private:
    using Guard = asio::executor_work_guard<asio::io_context::executor_type>;
    std::vector<std::unique_ptr<asio::io_context>> contexts_;
    std::vector<asio::any_io_executor> executors_;
    std::vector<Guard> guards_;
    std::vector<std::thread> threads_;
};

/// Cores this process may use.
[[nodiscard]] std::size_t usable_cores();

}  // namespace kaiwa::server
