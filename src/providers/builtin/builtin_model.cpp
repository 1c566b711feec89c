#include "providers/builtin/builtin_model.hpp"

#include "base/utf8.hpp"
#include "providers/builtin/guide.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace kaiwa::providers {
namespace {

/// Bytes a delta; a person sees the text being written.
constexpr std::size_t delta_bytes = 48;

/// Hands out one text in pieces.
class TextStream final : public llm::CompletionStream {
public:
    explicit TextStream(std::string text)
        : text_(replace_invalid_utf8(std::move(text))), rest_(text_) {}

    std::optional<llm::Outcome<llm::Event>> ready() override {
        if (rest_.empty()) return llm::Finished{llm::FinishReason::stop};
        auto const piece = utf8_prefix(rest_, delta_bytes);
        rest_.remove_prefix(piece.size());
        return llm::TextDelta{std::string(piece)};
    }
    asio::awaitable<void> arrive() override { co_return; }

private:
    std::string text_;
    std::string_view rest_;
};

std::string last_question(llm::Prompt const& prompt) {
    auto const& messages = prompt.messages;
    auto const last = std::find_if(messages.rbegin(), messages.rend(), [](auto const& message) {
        return message.role == llm::Role::user;
    });
    std::string text;
    if (last == messages.rend()) return text;
    for (auto const& part : last->parts) {
        if (auto const* words = std::get_if<llm::TextPart>(&part)) text += words->text;
    }
    return text;
}

class BuiltinModel final : public llm::ChatModel {
public:
    explicit BuiltinModel(std::optional<std::string> reply) : reply_(std::move(reply)) {}

    asio::awaitable<llm::Outcome<std::unique_ptr<llm::CompletionStream>>> start(
        llm::CompletionRequest request) override {
        auto question = last_question(request.prompt);
        std::string text;
        if (request.model == "guide") {
            text = guide_for(question);
        } else if (request.model == "echo") {
            text = std::move(question);
        } else if (request.model == "fixed" && reply_) {
            text = *reply_;
        } else {
            co_return std::unexpected(
                llm::make_failure(llm::FailureClass::not_found,
                                  "there is no built-in model \"" + request.model + "\"",
                                  "no_model"));
        }
        co_return std::make_unique<TextStream>(std::move(text));
    }

    asio::awaitable<llm::Outcome<std::vector<llm::ModelInfo>>> list() override {
        std::vector<llm::ModelInfo> models;
        auto const add = [&](std::string id, std::string name) {
            llm::ModelInfo model;
            model.id = std::move(id);
            model.name = std::move(name);
            model.sees_images = false;
            models.push_back(std::move(model));
        };
        add("guide", "Guide");
        add("echo", "Echo");
        if (reply_) add("fixed", "Fixed reply");
        co_return models;
    }

private:
    std::optional<std::string> const reply_;
};

}  // namespace

Result<std::shared_ptr<llm::ChatModel>> make_builtin(llm::ProviderConfig const& config) {
    std::optional<std::string> reply;
    if (auto const found = config.options.find("reply"); found != config.options.end())
        reply = found->second;
    return std::make_shared<BuiltinModel>(std::move(reply));
}

}  // namespace kaiwa::providers
