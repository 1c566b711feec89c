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

    asio::awaitable<llm::Outcome<llm::FinishReason>> respond(TurnContext const& turn,
                                                             TurnSink& sink) override;

private:
    struct Answering {
        std::string model;  // "local/qwen3"
        std::string provider_name;
        std::shared_ptr<llm::ChatModel> provider;  // outlives its stream
        std::unique_ptr<llm::CompletionStream> stream;
        std::chrono::steady_clock::time_point asked;
    };
    /// Builds the prompt and starts the model.
    asio::awaitable<llm::Outcome<Answering>> begin(TurnContext const& turn, TurnSink& sink);

    llm::Catalogue& catalogue_;
    PromptBuilder prompts_;
};

}  // namespace kaiwa::chat
