#pragma once

#include "providers/common/answer_events.hpp"
#include "providers/common/event_scanner.hpp"

#include <string>

namespace kaiwa::providers {

/// What the decoders of server-sent events have in common beside `AnswerEvents`: the form of the
/// body.
///
/// A body is a stream of events, or one whole answer where a server or a proxy did not stream. Its
/// first byte tells which; the content type is not believed.
class StreamDecoder : public AnswerEvents {
public:
    void feed(std::string_view bytes) final;
    std::optional<llm::Outcome<llm::Event>> next() final;
    void end_of_body() final;

protected:
    /// Reads one event of the stream.
    virtual void take_event(ScannedEvent const& event) = 0;
    /// Reads an answer that came in one piece, as JSON. False when it is none.
    virtual bool take_whole(std::string_view body) = 0;

private:
    enum class Form { unknown, events, whole };

    void end_of_whole_body();

    Form form_ = Form::unknown;
    EventScanner scanner_;
    std::string whole_;
};

}  // namespace kaiwa::providers
