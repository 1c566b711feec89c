#pragma once

#include "providers/common/stream_decoder.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kaiwa::providers {

/// Reads the answer of an Anthropic Messages server: its stream of events, or one whole message.
/// Goes by the `type` inside the data: some proxies drop the `event:` lines.
class AnthropicDecoder final : public StreamDecoder {
public:
    [[nodiscard]] bool said_its_end() const override { return reason_.has_value(); }

private:
    /// A `tool_use` block.
    struct Tool {
        std::int64_t index = 0;
        llm::ToolCall call;
        std::string whole_input;  ///< From its start, where a server does not stream it.
    };

    /// What one event says, whichever of its members were there.
    struct Said;

    void take_event(ScannedEvent const& event) override;
    bool take_whole(std::string_view body) override;
    void push_end() override;
    void take_said(Said& said);
    /// False, and the answer has failed, when there is too much of it.
    bool count_tool(std::size_t bytes);
    void take_block(Said& said);
    void take_delta(Said& said);
    void add_usage(Said const& said);
    void take_stop_reason(std::string const& reason);

    std::vector<Tool> tools_;
    std::size_t tool_bytes_ = 0;
    llm::Usage usage_;
    bool has_usage_ = false;
    std::int64_t uncached_ = 0, cache_read_ = 0, cache_written_ = 0;
    std::optional<llm::FinishReason> reason_;
};

}  // namespace kaiwa::providers
