#pragma once

#include "providers/common/answer_decoder.hpp"
#include "providers/common/event_scanner.hpp"
#include "providers/common/text_joiner.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace kaiwa::providers {

/// What the decoders of server-sent events have in common: the form of the body, the limits, the
/// repair of text, and the queue of events.
///
/// A body is a stream of events, or one whole answer where a server or a proxy did not stream. Its
/// first byte tells which; the content type is not believed.
class StreamDecoder : public AnswerDecoder {
public:
    /// Bytes of text and reasoning of one answer.
    static constexpr std::size_t max_answer_bytes = std::size_t{16} << 20;

    void feed(std::string_view bytes) final;
    std::optional<llm::Outcome<llm::Event>> next() final;
    void end_of_body() final;

protected:
    /// Reads one event of the stream.
    virtual void take_event(ScannedEvent const& event) = 0;
    /// Reads an answer that came in one piece, as JSON. False when it is none.
    virtual bool take_whole(std::string_view body) = 0;
    /// Pushes what is left and `Finished`; called once the answer is known to be whole.
    virtual void push_end() = 0;

    /// The end mark came.
    void finish();
    void fail(llm::Failure failure);
    void push(llm::Event event) { queue_.emplace_back(std::move(event)); }
    /// Hands out a tool call, its texts made well-formed.
    void push_call(llm::ToolCall call);
    /// Takes text as a server wrote it; what has become whole code points goes to `take_text()`.
    void add_text(std::string& text);
    void add_reasoning(std::string& text);
    /// Hands out what was unfinished in both.
    void flush_text();
    virtual void take_text(std::string text) { push(llm::TextDelta{std::move(text)}); }
    [[nodiscard]] bool over() const { return over_; }

private:
    enum class Form { unknown, events, whole };

    void end_of_whole_body();
    bool count(std::size_t bytes);

    Form form_ = Form::unknown;
    EventScanner scanner_;
    std::string whole_;
    TextJoiner text_;
    TextJoiner reasoning_;
    std::size_t bytes_ = 0;
    bool over_ = false;
    std::vector<llm::Outcome<llm::Event>> queue_;
    std::size_t head_ = 0;
};

}  // namespace kaiwa::providers
