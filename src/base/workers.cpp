#include "base/workers.hpp"

#include <pthread.h>

namespace kaiwa {

Workers::Workers(std::string name, std::size_t threads, std::size_t max_queued)
    : max_queued_(max_queued) {
    for (std::size_t i = 0; i < threads; ++i) {
        auto& thread = threads_.emplace_back([this] { work(); });
        pthread_setname_np(thread.native_handle(), name.substr(0, 15).c_str());
    }
}

Workers::~Workers() {
    {
        std::lock_guard const lock(mutex_);
        closing_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
}

bool Workers::submit(std::move_only_function<void()> job) {
    {
        std::lock_guard const lock(mutex_);
        if (closing_ || queue_.size() >= max_queued_) return false;
        queue_.push_back(std::move(job));
    }
    wake_.notify_one();
    return true;
}

void Workers::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return closing_ || !queue_.empty(); });
        if (queue_.empty()) return;
        auto job = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        job();
        job = nullptr;
        lock.lock();
    }
}

}  // namespace kaiwa
