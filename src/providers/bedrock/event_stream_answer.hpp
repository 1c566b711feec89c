#pragma once

#include "aws/event_stream.hpp"
#include "providers/common/answer_events.hpp"

#include <string>
#include <string_view>

namespace kaiwa::providers {

/// What the answers of Bedrock's operations have in common: frames of
/// `application/vnd.amazon.eventstream`, or one JSON text where the operation does not stream.
///
/// Frames of an unknown type are passed over. An `exception` or `error` frame, or bytes that were
/// damaged, end the answer as failed, also behind its end mark.
class EventStreamAnswer : public AnswerEvents {
public:
    enum class Form { events, whole };
    explicit EventStreamAnswer(Form form) : form_(form) {}

    void feed(std::string_view bytes) final;
    std::optional<llm::Outcome<llm::Event>> next() final;
    void end_of_body() final;

protected:
    /// Reads the payload of one `event` frame.
    virtual void take_event(std::string_view type, std::string_view payload) = 0;
    /// Reads an answer that came in one piece. False when it is none.
    virtual bool take_whole(std::string_view body) = 0;

    void fail_unreadable();

private:
    void take_message(aws::EventMessage const& message);

    Form const form_;
    aws::EventStreamDecoder frames_;
    std::string whole_;
};

}  // namespace kaiwa::providers
