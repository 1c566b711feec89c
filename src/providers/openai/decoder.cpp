#include "providers/openai/decoder.hpp"

#include "providers/common/failures.hpp"

#include <fmt/format.h>

#include <utility>

namespace kaiwa::providers {

using llm::FailureClass;
using llm::FinishReason;

void OpenAiDecoder::take_event(ScannedEvent const& event) {
    if (event.data == "[DONE]") {
        if (saw_chunk_) return finish();
        return fail(llm::make_failure(FailureClass::model_error,
                                      "the model's server ended an answer of which it sent nothing "
                                      "that can be read",
                                      "empty"));
    }
    if (event.type == "error") return fail(failure_inside(event.data));
    if (!event.data.starts_with('{')) return;  // a keep-alive of some kind
    if (!chunks_.read(event.data)) {
        return fail(llm::make_failure(FailureClass::model_error,
                                      "the model's server sent a chunk that is not JSON",
                                      "unreadable"));
    }
    take_chunk();
}

bool OpenAiDecoder::take_whole(std::string_view body) {
    if (!chunks_.read(body)) return false;
    auto& chunk = chunks_.chunk();
    bool const empty = chunk.text.empty() && chunk.reasoning.empty() && chunk.tools.empty() &&
                       chunk.finish.empty();
    if (empty && chunk.error.empty()) chunk.error = body;
    if (chunk.finish.empty()) chunk.finish = "stop";
    take_chunk();
    return true;
}

void OpenAiDecoder::take_chunk() {
    auto& chunk = chunks_.chunk();
    if (!chunk.error.empty()) return fail(failure_inside(chunk.error));
    saw_chunk_ = true;
    if (chunk.usage) usage_ = chunk.usage;
    add_reasoning(chunk.reasoning);
    add_text(chunk.text);
    for (std::size_t place = 0; place < chunk.tools.size(); ++place) {
        tools_.add(std::move(chunk.tools[place]), place);
    }
    if (tools_.too_large()) {
        return fail(llm::make_failure(FailureClass::model_error,
                                      "the tool calls of an answer are more than 128 or longer "
                                      "than 1 MiB",
                                      "too_long"));
    }
    refused_ = refused_ || chunk.refused;
    if (!chunk.finish.empty()) take_finish();
}

void OpenAiDecoder::push_parts(ThinkSplitter::Parts parts) {
    if (!parts.reasoning.empty()) push(llm::ReasoningDelta{std::move(parts.reasoning)});
    if (!parts.text.empty()) push(llm::TextDelta{std::move(parts.text)});
}

void OpenAiDecoder::take_finish() {
    auto const& words = chunks_.chunk().finish;
    if (words == "error" || words == "abort" || words == "insufficient_system_resource") {
        auto const kind = words.starts_with("insufficient") ? FailureClass::overloaded
                                                            : FailureClass::model_error;
        return fail(llm::make_failure(
            kind, fmt::format("the model's server gave the answer up (\"{}\")", words),
            "gave_up"));
    }
    if (words == "length" || words == "max_tokens" || words == "model_length") {
        reason_ = FinishReason::length;
    } else if (words == "content_filter" || words == "safety") {
        reason_ = FinishReason::filtered;
    } else if (words == "tool_calls" || words == "function_call" || words == "tool_use") {
        reason_ = FinishReason::tool;
    } else {
        reason_ = FinishReason::stop;
    }
}

void OpenAiDecoder::push_end() {
    flush_text();
    push_parts(thinking_.flush());
    auto reason = reason_.value_or(FinishReason::stop);
    auto calls = tools_.take(reason == FinishReason::length ? ToolCallJoiner::Ending::cut
                                                            : ToolCallJoiner::Ending::whole);
    if (!calls.empty() && reason == FinishReason::stop) reason = FinishReason::tool;
    if (calls.empty() && reason == FinishReason::tool) reason = FinishReason::stop;
    if (refused_ && reason == FinishReason::stop) reason = FinishReason::filtered;
    for (auto& call : calls) push_call(std::move(call));
    if (usage_) push(*usage_);
    push(llm::Finished{reason});
}

}  // namespace kaiwa::providers
