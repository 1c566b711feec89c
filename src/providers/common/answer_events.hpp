#pragma once

#include "providers/common/answer_decoder.hpp"
#include "providers/common/text_joiner.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kaiwa::providers {

/// What the decoders of all wire formats have in common: the queue of events, the limit of an
/// answer, the repair of text.
class AnswerEvents : public AnswerDecoder {
public:
    /// Bytes of text and reasoning of one answer.
    static constexpr std::size_t max_answer_bytes = std::size_t{16} << 20;

protected:
    /// The oldest event that was not handed out yet.
    std::optional<llm::Outcome<llm::Event>> take_queued();

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
    /// After `finish()` or `fail()`: nothing more is read.
    [[nodiscard]] bool over() const { return over_; }

private:
    bool count(std::size_t bytes);

    TextJoiner text_;
    TextJoiner reasoning_;
    std::size_t bytes_ = 0;
    bool over_ = false;
    std::vector<llm::Outcome<llm::Event>> queue_;
    std::size_t head_ = 0;
};

/// What an answer over `AnswerEvents::max_answer_bytes` is.
[[nodiscard]] llm::Failure answer_too_long();

}  // namespace kaiwa::providers
