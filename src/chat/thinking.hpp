#pragma once

#include "base/wait.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace kaiwa::chat {

/// How long a model reasoned before it wrote: all the reasoning of one answer together, told as a
/// `step` of kind "model" and name "reasoning" with `detail.ms`.
///
/// A value; the time comes from outside.
class Thinking {
public:
    [[nodiscard]] bool goes_on() const { return begun_.has_value(); }
    /// A piece of reasoning came.
    void reasoned(SteadyTime now) {
        if (!begun_) begun_ = now;
    }
    /// Text came, or the end. Returns the data of the step that says how long it has been; nothing
    /// when no reasoning went on. One that reasons again says it again, with the same id.
    [[nodiscard]] std::optional<std::string> end(SteadyTime now);

private:
    std::optional<SteadyTime> begun_;
    std::chrono::steady_clock::duration before_{};  // of reasoning that ended
};

/// Whether the steps of an answer say nothing but how long it was thought about, or nothing at all:
/// then there is nothing in them for a model.
[[nodiscard]] bool only_thinking(std::string_view steps_json);

}  // namespace kaiwa::chat
