#pragma once

#include "chat/prompt_builder.hpp"
#include "chat/responder.hpp"
#include "llm/catalogue.hpp"

namespace kaiwa::chat {

/// The built-in responder: asks the turn's model with the thread's history.
class ModelResponder final : public Responder {
public:
    ModelResponder(llm::Catalogue& catalogue, PromptBuilder prompts)
        : catalogue_(catalogue), prompts_(std::move(prompts)) {}

    asio::awaitable<llm::Outcome<llm::FinishReason>> respond(TurnContext turn,
                                                             TurnSink& sink) override;

private:
    llm::Catalogue& catalogue_;
    PromptBuilder prompts_;
};

}  // namespace kaiwa::chat
