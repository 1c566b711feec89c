#pragma once

#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "store/common/cursor.hpp"
#include "store/dynamodb/elements.hpp"
#include "store/dynamodb/strangers.hpp"
#include "store/dynamodb/table.hpp"

#include <optional>
#include <string>

namespace kaiwa::store::dynamodb {

/// What every port of this store stands on.
struct Engine {
    Table& table;  ///< Chainlit's, with everything of ours.
    Table& users;  ///< UserAuth.
    Cursors const& cursors;
    Sealer const& sealer;
    Clock const& clock;
    Random& random;
    Log& log;
    /// Begins the key of every file's object in a bucket; unset: files lie elsewhere.
    std::optional<std::string> const& object_prefix;
    enum class OldHashes { replace, keep } old_hashes = OldHashes::replace;
    Elements elements = Elements::reachable;
    Strangers strangers = Strangers::adopt;
};

/// The one answer for what is absent, deleted or somebody else's.
[[nodiscard]] inline std::unexpected<Error> not_found() {
    return fail(Errc::not_found, "there is no such object, or it is not yours");
}

[[nodiscard]] inline std::unexpected<Error> busy() {
    return fail(Errc::unavailable, "others change the same thing all the time; try again", "busy");
}

}  // namespace kaiwa::store::dynamodb
