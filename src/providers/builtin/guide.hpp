#pragma once

#include <string>
#include <string_view>

namespace kaiwa::providers {

/// What a person who has no model yet is told, in the language of `question`: Japanese when it has
/// kana or Han characters, else English.
[[nodiscard]] std::string guide_for(std::string_view question);

}  // namespace kaiwa::providers
