#pragma once

#include <span>
#include <string>
#include <string_view>

namespace kaiwa::llm {

/// Whether `text` is what `pattern` describes: `*` stands for any bytes, `?` for one.
[[nodiscard]] bool matches_pattern(std::string_view pattern, std::string_view text);

/// Whether `pattern` may describe more than one text.
[[nodiscard]] bool has_wildcard(std::string_view pattern);

/// Whether one of `patterns` describes `text`; no patterns describe everything.
[[nodiscard]] bool matches_any(std::span<std::string const> patterns, std::string_view text);

}  // namespace kaiwa::llm
