#pragma once

#include "llm/chat_model.hpp"
#include "providers/bedrock/event_stream_answer.hpp"
#include "providers/bedrock/converse_request.hpp"

#include <optional>
#include <string>

namespace kaiwa::providers {

/// The body of InvokeModel for models of the older Text Completions form, Claude 2 and Instant:
/// `{"prompt":"\n\nHuman: …\n\nAssistant:","max_tokens_to_sample":…}`. Instructions stand before
/// the first turn; pictures are named. ("Anthropic Claude Text Completions API", Bedrock guide.)
[[nodiscard]] std::string completion_prompt_body(llm::CompletionRequest const& request,
                                                 ConverseHabits const& habits);

/// Reads their answer: the `chunk` events of InvokeModelWithResponseStream, each with a JSON text
/// `{"completion":…,"stop_reason":…}` in base64, or one such text with `Form::whole`.
class CompletionDecoder final : public EventStreamAnswer {
public:
    explicit CompletionDecoder(Form form = Form::events) : EventStreamAnswer(form) {}
    [[nodiscard]] bool said_its_end() const override { return !stop_reason_.empty(); }

private:
    void take_event(std::string_view type, std::string_view payload) override;
    bool take_whole(std::string_view body) override;
    void push_end() override;
    bool take_chunk(std::string_view chunk);

    bool begun_ = false;
    std::string stop_reason_;
    std::optional<llm::Usage> usage_;
};

}  // namespace kaiwa::providers
