#pragma once

#include "llm/chat_model.hpp"
#include "tests/support/answers.hpp"
#include "tests/support/run_task.hpp"

namespace kaiwa::test {

/// Starts an answer and reads it to its end; one line an event (see `described()`).
inline asio::awaitable<Lines> collect(llm::ChatModel& model, llm::CompletionRequest request) {
    Lines lines;
    auto stream = co_await model.start(std::move(request));
    if (!stream) {
        llm::Outcome<llm::Event> const failed = std::unexpected(stream.error());
        lines.push_back(described(failed));
        co_return lines;
    }
    while (lines.empty() || !is_last(lines.back())) {
        auto const event = co_await (*stream)->next();
        lines.push_back(described(event));
    }
    co_return lines;
}

}  // namespace kaiwa::test
