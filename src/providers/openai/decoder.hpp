#pragma once

#include "providers/common/stream_decoder.hpp"
#include "providers/common/think_splitter.hpp"
#include "providers/openai/chunk_reader.hpp"
#include "providers/openai/tool_calls.hpp"

#include <optional>
#include <string>

namespace kaiwa::providers {

/// Reads the answer of a Chat Completions server, in every dialect.
class OpenAiDecoder final : public StreamDecoder {
public:
    explicit OpenAiDecoder(ThinkSplitter::Start start) : thinking_(start) {}

    [[nodiscard]] bool said_its_end() const override { return reason_.has_value(); }
    [[nodiscard]] ThinkSplitter const& thinking() const { return thinking_; }

private:
    void take_event(ScannedEvent const& event) override;
    bool take_whole(std::string_view body) override;
    void take_text(std::string text) override { push_parts(thinking_.split(std::move(text))); }
    void push_end() override;
    void take_chunk();
    void take_finish();
    void push_parts(ThinkSplitter::Parts parts);

    ChunkReader chunks_;
    ThinkSplitter thinking_;
    ToolCallJoiner tools_;
    std::optional<llm::Usage> usage_;
    std::optional<llm::FinishReason> reason_;
    bool refused_ = false;
    bool saw_chunk_ = false;
};

}  // namespace kaiwa::providers
