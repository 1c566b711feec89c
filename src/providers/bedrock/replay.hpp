#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::providers {

/// A block of reasoning that a model must be shown again as it was: signed text, or sealed bytes.
struct ReasoningBlock {
    std::string text;
    std::string signature;
    std::string redacted;  ///< Bytes; when there are some, text and signature are empty.

    bool operator==(ReasoningBlock const&) const = default;
};

/// The longest payload that is kept: 256 KiB. More is not shown again, which models allow.
inline constexpr std::size_t max_replay_bytes = std::size_t{256} << 10;

/// The payload of `llm::Replay`: `[{"text":…,"signature":…},{"redacted":"<base64>"}]`; empty when
/// nothing is to be kept.
[[nodiscard]] std::string replay_payload(std::vector<ReasoningBlock> const& blocks);

/// Reads a payload; what is none has no blocks.
[[nodiscard]] std::vector<ReasoningBlock> read_replay(std::string_view payload);

}  // namespace kaiwa::providers
