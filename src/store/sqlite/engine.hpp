#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "store/common/cursor.hpp"
#include "store/sqlite/readers.hpp"
#include "store/sqlite/writer.hpp"

#include <algorithm>
#include <cstddef>

namespace kaiwa::store::sqlite {

/// What every port's implementation works with; owned by the store.
struct Engine {
    Readers& readers;
    Writer& writer;
    Cursors const& cursors;
    Sealer const& sealer;
    Clock const& clock;
    Random& random;
    Log& log;
};

/// A page's size within what memory and a reading thread can bear.
[[nodiscard]] constexpr std::size_t page_size(std::size_t wanted, std::size_t most = 10'000) {
    return std::clamp<std::size_t>(wanted, 1, most);
}

}  // namespace kaiwa::store::sqlite
