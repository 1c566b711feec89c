#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace kaiwa::providers {

/// What a provider's models turned out to refuse or to do, learned from their answers.
/// Thread-safe; forgotten when the program ends.
template <class Habits>
class HabitBook {
public:
    [[nodiscard]] Habits of(std::string_view model) const {
        std::lock_guard const lock(mutex_);
        auto const found = habits_.find(model);
        return found == habits_.end() ? Habits() : found->second;
    }
    void learn(std::string_view model, Habits habits) {
        std::lock_guard const lock(mutex_);
        if (habits_.size() >= max_models) habits_.clear();
        habits_.insert_or_assign(std::string(model), std::move(habits));
    }

private:
    static constexpr std::size_t max_models = 1'000;
    mutable std::mutex mutex_;
    std::map<std::string, Habits, std::less<>> habits_;
};

}  // namespace kaiwa::providers
