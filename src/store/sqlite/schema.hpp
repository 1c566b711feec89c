#pragma once

#include "store/sqlite/connection.hpp"

namespace kaiwa::store::sqlite {

/// Brings the database to the newest version, all steps in one transaction; a new file gets its
/// write-ahead log first. Fails with `unsupported` on a file that a newer Kaiwa or another program
/// made.
Result<void> migrate(Connection& db);

/// Fails with `unsupported` on a file that a newer Kaiwa or another program made.
Result<void> check_known(Connection& db);

/// Fails with `unsupported` on a file that is not of the newest version; changes nothing.
Result<void> check_newest(Connection& db);

/// Marks the file as Kaiwa's ("Kaiw").
inline constexpr std::int64_t application_id = 0x4B616977;

}  // namespace kaiwa::store::sqlite
