#include "providers/common/stream_decoder.hpp"

#include "providers/common/failures.hpp"
#include "providers/common/json_scanner.hpp"

#include <utility>

namespace kaiwa::providers {
namespace {

llm::Failure too_long() {
    return llm::make_failure(llm::FailureClass::model_error, "the answer is longer than 16 MiB");
}

}  // namespace

void StreamDecoder::feed(std::string_view bytes) {
    if (form_ == Form::unknown) {
        auto const first = bytes.find_first_not_of(" \r\n\t");
        if (first == bytes.npos) return;
        bytes.remove_prefix(first);
        bool const is_whole = bytes[0] == '{' || bytes[0] == '[' || bytes[0] == '<';
        form_ = is_whole ? Form::whole : Form::events;
    }
    if (form_ == Form::events) {
        scanner_.feed(bytes);
    } else if (whole_.size() + bytes.size() <= max_answer_bytes) {
        whole_ += bytes;
    } else if (!over_) {
        fail(too_long());
    }
}

std::optional<llm::Outcome<llm::Event>> StreamDecoder::next() {
    for (;;) {
        if (head_ < queue_.size()) return std::move(queue_[head_++]);
        queue_.clear();
        head_ = 0;
        if (over_ || form_ != Form::events) return std::nullopt;
        auto const event = scanner_.next();
        if (event) {
            take_event(*event);
        } else if (scanner_.too_large()) {
            fail(llm::make_failure(llm::FailureClass::model_error,
                                   "the model's server sent an event longer than 8 MiB"));
        } else {
            return std::nullopt;
        }
    }
}

void StreamDecoder::end_of_body() {
    if (over_) return;
    if (form_ == Form::whole) return end_of_whole_body();
    // An event without its blank line counts when it is whole for all that.
    auto const event = scanner_.last();
    if (event && (event->data == "[DONE]" || is_whole_json_object(event->data))) take_event(*event);
    if (over_) return;
    if (said_its_end()) {
        finish();
    } else {
        fail(cut_short());
    }
}

void StreamDecoder::end_of_whole_body() {
    auto const start = whole_.find_first_not_of(" \r\n\t");
    if (start != whole_.npos && whole_[start] == '<') {
        auto failure = failure_inside(whole_);
        failure.kind = llm::FailureClass::model_error;
        return fail(std::move(failure));
    }
    if (!take_whole(whole_)) return fail(cut_short());
    if (!over_) finish();
}

void StreamDecoder::finish() {
    push_end();
    over_ = true;
}

void StreamDecoder::fail(llm::Failure failure) {
    queue_.emplace_back(std::unexpected(std::move(failure)));
    over_ = true;
}

void StreamDecoder::push_call(llm::ToolCall call) {
    call.id = well_formed(std::move(call.id));
    call.name = well_formed(std::move(call.name));
    call.arguments = well_formed(std::move(call.arguments));
    push(std::move(call));
}

bool StreamDecoder::count(std::size_t bytes) {
    bytes_ += bytes;
    if (bytes_ <= max_answer_bytes) return true;
    if (!over_) fail(too_long());
    return false;
}

void StreamDecoder::add_text(std::string& text) {
    if (text.empty() || !count(text.size())) return;
    text_.join(text);
    if (!text.empty()) take_text(text);
}

void StreamDecoder::add_reasoning(std::string& text) {
    if (text.empty() || !count(text.size())) return;
    reasoning_.join(text);
    if (!text.empty()) push(llm::ReasoningDelta{text});
}

void StreamDecoder::flush_text() {
    if (auto rest = reasoning_.flush(); !rest.empty()) push(llm::ReasoningDelta{std::move(rest)});
    if (auto rest = text_.flush(); !rest.empty()) take_text(std::move(rest));
}

}  // namespace kaiwa::providers
