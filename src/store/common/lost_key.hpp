#pragma once

#include <string_view>

namespace kaiwa::store {

/// Stands in the place of a provider's sealed key where there was one that could not be opened: no
/// key opens it either, so that whoever reads the provider finds its key lost and not absent.
inline constexpr std::string_view lost_key_mark = "lost";

}  // namespace kaiwa::store
