#pragma once

namespace kaiwa::store::dynamodb {

/// What becomes of people whom another program added, when they are seen.
enum class Strangers {
    adopt,  ///< Their id, which is made of their name, is written down.
    leave,  ///< Nothing is written: the tables are only read.
};

}  // namespace kaiwa::store::dynamodb
