#pragma once

#include "providers/bedrock/event_stream_answer.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kaiwa::providers {

/// Reads the answer of ConverseStream, or of Converse with `Form::whole`.
///
/// Usage comes behind `messageStop`, so the answer is whole with the `metadata` event, or at the end
/// of the body once `messageStop` came. Reasoning that is signed or sealed is handed out as
/// `llm::Replay` (see replay.hpp). Unknown events, blocks, members and stop reasons are passed over.
/// (API reference of Amazon Bedrock, ConverseStreamOutput.)
class ConverseDecoder final : public EventStreamAnswer {
public:
    explicit ConverseDecoder(Form form = Form::events) : EventStreamAnswer(form) {}
    [[nodiscard]] bool said_its_end() const override { return said_end_; }

private:
    struct Tool {
        std::int64_t index = 0;
        llm::ToolCall call;
    };
    struct Reasoning {
        std::int64_t index = 0;
        std::string text;
        std::string signature;
        std::string redacted;  ///< Bytes.
    };

    /// What one event, or one block of a whole answer, says.
    struct Said;

    void take_event(std::string_view type, std::string_view payload) override;
    bool take_whole(std::string_view body) override;
    void push_end() override;
    void take_block(Said& said);
    void take_reasoning(Said& said);
    void take_tool(Said& said);
    void take_usage(Said const& said);
    bool count_kept(std::size_t bytes);
    void push_replay();

    std::vector<Tool> tools_;
    std::vector<Reasoning> reasoning_;
    std::size_t kept_bytes_ = 0;
    std::optional<llm::Usage> usage_;
    std::string stop_reason_;
    bool said_end_ = false;
};

}  // namespace kaiwa::providers
