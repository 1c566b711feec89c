#include "providers/common/stream_decoder.hpp"

#include "providers/common/failures.hpp"
#include "providers/common/json_scanner.hpp"

namespace kaiwa::providers {

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
    } else if (!over()) {
        fail(answer_too_long());
    }
}

std::optional<llm::Outcome<llm::Event>> StreamDecoder::next() {
    for (;;) {
        if (auto event = take_queued()) return event;
        if (over() || form_ != Form::events) return std::nullopt;
        auto const event = scanner_.next();
        if (event) {
            take_event(*event);
        } else if (scanner_.too_large()) {
            fail(llm::make_failure(llm::FailureClass::model_error,
                                   "the model's server sent an event longer than 8 MiB",
                                   "unreadable"));
        } else {
            return std::nullopt;
        }
    }
}

void StreamDecoder::end_of_body() {
    if (over()) return;
    if (form_ == Form::whole) return end_of_whole_body();
    // An event without its blank line counts when it is whole for all that.
    auto const event = scanner_.last();
    if (event && (event->data == "[DONE]" || is_whole_json_object(event->data))) take_event(*event);
    if (over()) return;
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
    if (!over()) finish();
}

}  // namespace kaiwa::providers
