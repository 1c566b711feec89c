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
    /// The model answers, or failed for good. Writes nothing when it was asked once. Fails like
    /// `TurnSink`.
    asio::awaitable<Result<void>> end(bool answers);

private:
    [[nodiscard]] std::string step(std::string_view state) const;

    TurnSink& sink_;
    std::string const provider_;
    std::optional<SteadyTime> since_;  // the first failure
    llm::FailureClass why_ = llm::FailureClass::overloaded;
    unsigned failures_ = 0;
};

}  // namespace kaiwa::chat
