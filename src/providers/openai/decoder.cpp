#include "providers/openai/decoder.hpp"

#include "providers/common/failures.hpp"
#include "providers/common/json_scanner.hpp"

#include <fmt/format.h>

#include <utility>

namespace kaiwa::providers {

using llm::FailureClass;
using llm::FinishReason;

void OpenAiDecoder::feed(std::string_view bytes) {
    if (form_ == Form::unknown) {
        auto const first = bytes.find_first_not_of(" \r\n\t");
        if (first == bytes.npos) return;
        form_ = bytes[first] == '{' || bytes[first] == '[' || bytes[first] == '<' ? Form::whole : Form::events;
    }
    if (form_ == Form::events) {
        scanner_.feed(bytes);
    } else if (whole_.size() + bytes.size() <= max_answer_bytes) {
        whole_ += bytes;
    } else {
        fail(llm::make_failure(FailureClass::model_error, "the answer is longer than 16 MiB"));
    }
}

std::optional<llm::Outcome<llm::Event>> OpenAiDecoder::next() {
    for (;;) {
        if (head_ < queue_.size()) return std::move(queue_[head_++]);
        queue_.clear();
        head_ = 0;
        if (over_ || form_ != Form::events) return std::nullopt;
        auto const event = scanner_.next();
        if (event) {
            take_event(*event);
        } else if (scanner_.too_large()) {
            fail(llm::make_failure(FailureClass::model_error, "the model's server sent an event longer than 8 MiB"));
        } else {
            return std::nullopt;
        }
    }
}

void OpenAiDecoder::end_of_body() {
    if (over_) return;
    if (form_ == Form::whole) {
        take_whole_answer();
    } else if (auto const event = scanner_.last()) {
        // An event without its blank line counts when it is whole for all that.
        if (event->data == "[DONE]" || is_whole_json_object(event->data)) take_event(*event);
    }
    if (over_) return;
    if (reason_) {
        finish();
    } else {
        fail(cut_short());
    }
}

void OpenAiDecoder::take_event(ScannedEvent const& event) {
    if (event.data == "[DONE]") return finish();
    if (event.type == "error") return fail(failure_inside(event.data));
    if (!event.data.starts_with('{')) return;  // a keep-alive of some kind
    if (!read_chunk(event.data, chunk_)) {
        return fail(llm::make_failure(FailureClass::model_error, "the model's server sent a chunk that is not JSON"));
    }
    take_chunk();
}

void OpenAiDecoder::take_whole_answer() {
    if (!read_chunk(whole_, chunk_)) {
        bool const is_page = whole_[whole_.find_first_not_of(" \r\n\t")] == '<';
        return fail(is_page ? failure_inside(whole_) : cut_short());
    }
    bool const empty = chunk_.text.empty() && chunk_.reasoning.empty() && chunk_.tools.empty() && chunk_.finish.empty();
    if (empty && chunk_.error.empty()) chunk_.error = whole_;
    if (chunk_.finish.empty() && chunk_.error.empty()) chunk_.finish = "stop";
    take_chunk();
}

void OpenAiDecoder::take_chunk() {
    if (!chunk_.error.empty()) return fail(failure_inside(chunk_.error));
    if (chunk_.usage) usage_ = chunk_.usage;
    bytes_ += chunk_.text.size() + chunk_.reasoning.size();
    if (bytes_ > max_answer_bytes) {
        return fail(llm::make_failure(FailureClass::model_error, "the answer is longer than 16 MiB"));
    }
    if (!chunk_.reasoning.empty()) {
        reasoning_.join(chunk_.reasoning);
        if (!chunk_.reasoning.empty()) push(llm::ReasoningDelta{chunk_.reasoning});
    }
    if (!chunk_.text.empty()) take_text(chunk_.text);
    for (std::size_t place = 0; place < chunk_.tools.size(); ++place) {
        tools_.add(std::move(chunk_.tools[place]), place);
    }
    if (tools_.too_large()) {
        return fail(llm::make_failure(FailureClass::model_error, "the arguments of a tool call are longer than 1 MiB"));
    }
    refused_ = refused_ || chunk_.refused;
    if (!chunk_.finish.empty()) take_finish();
}

void OpenAiDecoder::take_text(std::string text) {
    text_.join(text);
    if (!text.empty()) push_parts(thinking_.split(std::move(text)));
}

void OpenAiDecoder::push_parts(ThinkSplitter::Parts parts) {
    if (!parts.reasoning.empty()) push(llm::ReasoningDelta{std::move(parts.reasoning)});
    if (!parts.text.empty()) push(llm::TextDelta{std::move(parts.text)});
}

void OpenAiDecoder::take_finish() {
    auto const& words = chunk_.finish;
    if (words == "error" || words == "abort" || words == "insufficient_system_resource") {
        auto const kind = words.starts_with("insufficient") ? FailureClass::overloaded : FailureClass::model_error;
        return fail(llm::make_failure(
            kind, fmt::format("the model's server gave the answer up (\"{}\")", words)));
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

void OpenAiDecoder::finish() {
    if (auto rest = reasoning_.flush(); !rest.empty()) push(llm::ReasoningDelta{std::move(rest)});
    if (auto rest = text_.flush(); !rest.empty()) push_parts(thinking_.split(std::move(rest)));
    push_parts(thinking_.flush());
    auto reason = reason_.value_or(FinishReason::stop);
    auto const ending = reason == FinishReason::length ? ToolCallJoiner::Ending::cut : ToolCallJoiner::Ending::whole;
    auto calls = tools_.take(ending);
    if (!calls.empty() && reason == FinishReason::stop) reason = FinishReason::tool;
    if (calls.empty() && reason == FinishReason::tool) reason = FinishReason::stop;
    if (refused_ && reason == FinishReason::stop) reason = FinishReason::filtered;
    for (auto& call : calls) push(std::move(call));
    if (usage_) push(*usage_);
    push(llm::Finished{reason});
    over_ = true;
}

void OpenAiDecoder::fail(llm::Failure failure) {
    queue_.emplace_back(std::unexpected(std::move(failure)));
    over_ = true;
}

}  // namespace kaiwa::providers
