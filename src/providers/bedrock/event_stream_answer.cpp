#include "providers/bedrock/event_stream_answer.hpp"

#include "providers/bedrock/failures.hpp"
#include "providers/common/failures.hpp"

namespace kaiwa::providers {

void EventStreamAnswer::feed(std::string_view bytes) {
    if (over()) return;
    if (form_ == Form::events) {
        frames_.feed(bytes);
    } else if (whole_.size() + bytes.size() <= max_answer_bytes) {
        whole_ += bytes;
    } else {
        fail(answer_too_long());
    }
}

std::optional<llm::Outcome<llm::Event>> EventStreamAnswer::next() {
    for (;;) {
        if (auto event = take_queued()) return event;
        if (over() || form_ == Form::whole) return std::nullopt;
        auto const message = frames_.next();
        if (!message) {
            fail(llm::make_failure(
                llm::FailureClass::model_error,
                "the answer was damaged on its way, or is no event stream of Bedrock: " +
                    message.error().message,
                "unreadable"));
        } else if (*message) {
            take_message(**message);
        } else {
            return std::nullopt;
        }
    }
}

void EventStreamAnswer::take_message(aws::EventMessage const& message) {
    auto const kind = message.header(":message-type");
    if (kind == "event") {
        take_event(message.header(":event-type"), message.payload);
    } else if (kind == "exception") {
        fail(failure_in_stream(message.header(":exception-type"), {}, message.payload));
    } else if (kind == "error") {
        fail(failure_in_stream(message.header(":error-code"), message.header(":error-message"),
                               message.payload));
    }
}

void EventStreamAnswer::end_of_body() {
    if (over()) return;
    if (form_ == Form::whole) {
        if (!take_whole(whole_)) return fail_unreadable();
        if (!over()) finish();
    } else if (said_its_end()) {
        finish();
    } else {
        fail(cut_short());
    }
}

void EventStreamAnswer::fail_unreadable() {
    fail(llm::make_failure(llm::FailureClass::model_error,
                           "Bedrock sent an event that is not what it is known to send",
                           "unreadable"));
}

}  // namespace kaiwa::providers
