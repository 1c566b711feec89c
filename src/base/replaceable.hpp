#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace kaiwa {

/// A value that a reload replaces while requests read it. Thread-safe.
template <class T>
class Replaceable {
public:
    Replaceable() = default;
    explicit Replaceable(std::shared_ptr<T> value) : value_(std::move(value)) {}

    [[nodiscard]] std::shared_ptr<T> get() const {
        std::scoped_lock const lock(mutex_);
        return value_;
    }
    void set(std::shared_ptr<T> value) {
        std::scoped_lock const lock(mutex_);
        value_ = std::move(value);
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<T> value_;
};

}  // namespace kaiwa
