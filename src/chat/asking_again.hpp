#pragma once

#include "base/wait.hpp"
#include "chat/responder.hpp"
#include "llm/chat_model.hpp"

#include <optional>
#include <string>

namespace kaiwa::chat {

/// Tells an answer's readers that its model is asked again, and when that is over: a `step` of kind
/// "model" and name "retry". docs/decisions/0030-a-retry-is-a-step.md says why.
class AskingAgain final : public llm::StartWatcher {
public:
    /// `sink` outlives it. `provider` is the name of the one that is asked.
    AskingAgain(TurnSink& sink, std::string provider)
        : sink_(sink), provider_(std::move(provider)) {}

    asio::awaitable<void> asking_again(llm::Failure const& failure) override;
    enum class Ending { answers, failed };
    /// How it came out. Writes nothing when the model was asked once. Fails like `TurnSink`.
    asio::awaitable<Result<void>> end(Ending how);

private:
    [[nodiscard]] std::string step(std::string_view state) const;

    TurnSink& sink_;
    std::string const provider_;
    std::optional<SteadyTime> since_;  // the first failure
    // Of those that were followed by another try: the last one's class, and how many they were.
    llm::FailureClass why_ = llm::FailureClass::overloaded;
    unsigned failures_ = 0;
};

}  // namespace kaiwa::chat
