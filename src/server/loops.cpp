#include "server/loops.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <algorithm>

namespace kaiwa::server {
namespace {

/// Signals belong to the task that waits for them; a thread that they interrupt would only see
/// EINTR.
void block_signals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

std::size_t usable_cores() {
    cpu_set_t cores;
    if (sched_getaffinity(0, sizeof cores, &cores) != 0) return 1;
    return static_cast<std::size_t>(std::max(1, CPU_COUNT(&cores)));
}

Loops::Loops(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        auto& context = contexts_.emplace_back(std::make_unique<asio::io_context>(1));
        executors_.emplace_back(context->get_executor());
        guards_.emplace_back(asio::make_work_guard(*context));
    }
}

Loops::~Loops() {
    for (auto& context : contexts_) context->stop();
    for (auto& thread : threads_) thread.join();
}

void Loops::start() {
    for (std::size_t i = 0; i < contexts_.size(); ++i) {
        auto& context = *contexts_[i];
        auto& thread = threads_.emplace_back([&context, first = i == 0] {
            if (!first) block_signals();
            context.run();
        });
        pthread_setname_np(thread.native_handle(), fmt::format("loop-{}", i).c_str());
    }
}

bool Loops::run_dry(std::chrono::milliseconds patience) {
    auto const deadline = std::chrono::steady_clock::now() + patience;
    for (auto& guard : guards_) guard.reset();
    auto const dry = [&] {
        return std::ranges::all_of(contexts_,
                                   [](auto const& context) { return context->stopped(); });
    };
    while (!dry() && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    auto const ran_dry = dry();
    for (auto& context : contexts_) context->stop();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    return ran_dry;
}

}  // namespace kaiwa::server
