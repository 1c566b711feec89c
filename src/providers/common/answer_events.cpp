#include "providers/common/answer_events.hpp"

namespace kaiwa::providers {

llm::Failure answer_too_long() {
    return llm::make_failure(llm::FailureClass::model_error, "the answer is longer than 16 MiB",
                             "too_long");
}

std::optional<llm::Outcome<llm::Event>> AnswerEvents::take_queued() {
    if (head_ < queue_.size()) return std::move(queue_[head_++]);
    queue_.clear();
    head_ = 0;
    return std::nullopt;
}

void AnswerEvents::finish() {
    push_end();
    over_ = true;
}

void AnswerEvents::fail(llm::Failure failure) {
    queue_.emplace_back(std::unexpected(std::move(failure)));
    over_ = true;
}

void AnswerEvents::push_call(llm::ToolCall call) {
    call.id = well_formed(std::move(call.id));
    call.name = well_formed(std::move(call.name));
    call.arguments = well_formed(std::move(call.arguments));
    push(std::move(call));
}

bool AnswerEvents::count(std::size_t bytes) {
    bytes_ += bytes;
    if (bytes_ <= max_answer_bytes) return true;
    if (!over_) fail(answer_too_long());
    return false;
}

void AnswerEvents::add_text(std::string& text) {
    if (text.empty() || !count(text.size())) return;
    text_.join(text);
    if (!text.empty()) take_text(text);
}

void AnswerEvents::add_reasoning(std::string& text) {
    if (text.empty() || !count(text.size())) return;
    reasoning_.join(text);
    if (!text.empty()) push(llm::ReasoningDelta{text});
}

void AnswerEvents::flush_text() {
    if (auto rest = reasoning_.flush(); !rest.empty()) push(llm::ReasoningDelta{std::move(rest)});
    if (auto rest = text_.flush(); !rest.empty()) take_text(std::move(rest));
}

}  // namespace kaiwa::providers
