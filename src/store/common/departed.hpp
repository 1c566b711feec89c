#pragma once

#include <chrono>

namespace kaiwa::store {

/// When what a deleted owner had is hidden once more: longer than a request that was let in before
/// goes on making things.
inline constexpr std::chrono::minutes departed_for{2};

}  // namespace kaiwa::store
