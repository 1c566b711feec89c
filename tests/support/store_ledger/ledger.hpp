#pragma once

#include "kaiwa/error.hpp"

#include <filesystem>
#include <string_view>

namespace kaiwa::store::sqlite {

/// Works as a server that chats without end would, with so many tasks at once, and writes a line to
/// standard output for each acknowledgement, before it goes on. For tests that kill it.
///
/// Lines: `turn THREAD QUESTION REPLY`, `log GENERATION LAST_EVENT` and `end THREAD REPLY BYTES`.
int write_ledger(std::filesystem::path const& data_dir, unsigned tasks);

/// Opens the data as the next server and checks that all that the ledger's whole lines acknowledge
/// is there, and the database whole. Tells how many acknowledgements it saw.
Result<std::size_t> check_ledger(std::filesystem::path const& data_dir, std::string_view ledger);

}  // namespace kaiwa::store::sqlite
