#pragma once

#include "base/replaceable.hpp"
#include "chat/prompt_builder.hpp"
#include "chat/responder.hpp"
#include "llm/catalogue.hpp"

namespace kaiwa::chat {

/// The built-in responder: asks the turn's model with the thread's history. Thread-safe.
class ModelResponder final : public Responder {
public:
    using Prompts = std::shared_ptr<PromptBuilder const>;
    ModelResponder(llm::Catalogue& catalogue, Prompts prompts)
        : catalogue_(catalogue), prompts_(std::move(prompts)) {}

    /// For turns that begin from now on.
    void set_prompts(Prompts prompts) { prompts_.set(std::move(prompts)); }
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
    Replaceable<PromptBuilder const> prompts_;
};

}  // namespace kaiwa::chat
