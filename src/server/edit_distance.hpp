#pragma once

#include <cstddef>
#include <string_view>

namespace kaiwa::server {

/// How many letters must be changed, added or removed to make `a` of `b` (Levenshtein), by which
/// what was meant is guessed. Takes time and memory as the product of their lengths.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace kaiwa::server
