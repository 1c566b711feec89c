#pragma once

#include <cstdint>
#include <string_view>

namespace kaiwa::llm {

/// An estimate of how many tokens `text` is for today's tokenizers: erring to the high side by
/// about a tenth over English, Japanese, Chinese, Korean and code. Linear, allocates nothing.
[[nodiscard]] std::int64_t estimate_tokens(std::string_view text);

/// What one message costs besides its text.
inline constexpr std::int64_t tokens_per_message = 4;
/// What one picture is counted as.
inline constexpr std::int64_t tokens_per_image = 1'100;

}  // namespace kaiwa::llm
