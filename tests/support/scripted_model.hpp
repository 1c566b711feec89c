#pragma once

#include "llm/chat_model.hpp"

#include <deque>
#include <utility>

namespace kaiwa::test {

class ScriptedStream final : public llm::CompletionStream {
public:
    explicit ScriptedStream(std::deque<llm::Outcome<llm::Event>> events)
        : events_(std::move(events)) {}
    std::optional<llm::Outcome<llm::Event>> ready() override {
        auto event = std::move(events_.front());
        events_.pop_front();
        return event;
    }
    asio::awaitable<void> arrive() override { co_return; }
    [[nodiscard]] std::string provider_request_id() const override { return "req_1"; }

private:
    std::deque<llm::Outcome<llm::Event>> events_;
};

/// A model that answers what it was told to, in order.
class ScriptedModel final : public llm::ChatModel {
public:
    using Events = std::deque<llm::Outcome<llm::Event>>;

    /// Each call of `start()` takes one: a failure of the start, or the events of the stream.
    std::deque<llm::Outcome<Events>> answers;
    std::vector<llm::CompletionRequest> requests;
    /// Each call of `list()` takes one; the last one stays.
    std::deque<llm::Outcome<std::vector<llm::ModelInfo>>> lists;
    unsigned times_listed = 0;

    asio::awaitable<llm::Outcome<std::unique_ptr<llm::CompletionStream>>> start(
        llm::CompletionRequest request) override {
        requests.push_back(std::move(request));
        auto answer = std::move(answers.front());
        answers.pop_front();
        if (!answer) co_return std::unexpected(std::move(answer.error()));
        co_return std::make_unique<ScriptedStream>(std::move(*answer));
    }

    asio::awaitable<llm::Outcome<std::vector<llm::ModelInfo>>> list() override {
        ++times_listed;
        auto listed = lists.front();
        if (lists.size() > 1) lists.pop_front();
        co_return listed;
    }
};

}  // namespace kaiwa::test
