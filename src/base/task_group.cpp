#include "base/task_group.hpp"

#include "base/wait.hpp"

#include <algorithm>

namespace kaiwa {

TaskGroup::TaskGroup(asio::any_io_executor loop, Log& log) : loop_(std::move(loop)), log_(log) {}

void TaskGroup::start(std::string name, asio::awaitable<void> task) {
    auto const entry = tasks_->emplace(tasks_->end());
    // The list outlives the group when tasks do, so that a late end never touches freed memory.
    auto on_end = [tasks = tasks_, entry, &log = log_, name = std::move(name)](std::exception_ptr e) {
        if (e) {
            try {
                std::rethrow_exception(e);
            } catch (std::exception const& error) {
                log.error("task failed", {{"task", name}, {"what", error.what()}});
            } catch (...) {
                log.error("task failed", {{"task", name}});
            }
        }
        tasks->erase(entry);
    };
    spawn(loop_, entry->stop.slot(), std::move(task), std::move(on_end));
    if (stopped_) entry->stop.emit(asio::cancellation_type::terminal);
}

void TaskGroup::stop() {
    stopped_ = true;
    // A task that ends while it is told so removes its entry: the next one is looked up first.
    for (auto it = tasks_->begin(); it != tasks_->end();) {
        auto const current = it++;
        current->stop.emit(asio::cancellation_type::terminal);
    }
}

asio::awaitable<std::size_t> TaskGroup::join(std::chrono::milliseconds patience) {
    auto const until = std::chrono::steady_clock::now() + patience;
    std::chrono::milliseconds pause{1};
    while (!tasks_->empty() && std::chrono::steady_clock::now() < until) {
        if (!co_await sleep_for(pause)) break;
        pause = std::min(pause * 2, std::chrono::milliseconds(20));
    }
    co_return tasks_->size();
}

}  // namespace kaiwa
