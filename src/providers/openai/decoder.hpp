#pragma once

#include "providers/common/answer_decoder.hpp"
#include "providers/common/event_scanner.hpp"
#include "providers/common/text_joiner.hpp"
#include "providers/common/think_splitter.hpp"
#include "providers/openai/chunk.hpp"
#include "providers/openai/tool_calls.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kaiwa::providers {

/// Reads the answer of a Chat Completions server: a stream of chunks, or one whole answer where a
/// server or a proxy did not stream. Which of them it is, its first byte tells; the content type
/// is not believed.
class OpenAiDecoder final : public AnswerDecoder {
public:
    /// Bytes of text and reasoning of one answer.
    static constexpr std::size_t max_answer_bytes = std::size_t{16} << 20;

    explicit OpenAiDecoder(ThinkSplitter::Start start) : thinking_(start) {}

    void feed(std::string_view bytes) override;
    std::optional<llm::Outcome<llm::Event>> next() override;
    void end_of_body() override;
    [[nodiscard]] bool said_its_end() const override { return reason_.has_value(); }

    [[nodiscard]] ThinkSplitter const& thinking() const { return thinking_; }

private:
    enum class Form { unknown, events, whole };

    void take_event(ScannedEvent const& event);
    void take_whole_answer();
    void take_chunk();
    void take_text(std::string text);
    void take_finish();
    void finish();
    void fail(llm::Failure failure);
    void push(llm::Event event) { queue_.emplace_back(std::move(event)); }
    void push_parts(ThinkSplitter::Parts parts);

    Form form_ = Form::unknown;
    EventScanner scanner_;
    std::string whole_;
    Chunk chunk_;
    TextJoiner text_;
    TextJoiner reasoning_;
    ThinkSplitter thinking_;
    ToolCallJoiner tools_;
    std::optional<llm::Usage> usage_;
    std::optional<llm::FinishReason> reason_;
    std::size_t bytes_ = 0;
    bool refused_ = false;
    bool over_ = false;
    std::vector<llm::Outcome<llm::Event>> queue_;
    std::size_t head_ = 0;
};

}  // namespace kaiwa::providers
