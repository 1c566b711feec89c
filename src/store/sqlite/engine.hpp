#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "store/sqlite/cursor.hpp"
#include "store/sqlite/readers.hpp"
#include "store/sqlite/writer.hpp"

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

}  // namespace kaiwa::store::sqlite
