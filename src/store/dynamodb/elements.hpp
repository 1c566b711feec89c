#pragma once

namespace kaiwa::store::dynamodb {

/// Which elements are files of messages.
enum class Elements {
    reachable,   ///< Ours, and where files lie in a bucket Chainlit's.
    all,         ///< Chainlit's wherever files lie.
    as_written,  ///< The same, and ours are read by their objects' keys, whoever gave them those.
};

}  // namespace kaiwa::store::dynamodb
