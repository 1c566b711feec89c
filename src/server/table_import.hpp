#pragma once

#include "server/foreign_items.hpp"
#include "server/import_tally.hpp"

namespace kaiwa::server {

/// Stores the conversations of a table: whole ones as they come, parts of others when all are
/// known. Of a conversation that is gathered from many items about a megabyte is in memory at once.
/// `objects` are what items name in a bucket; null: they are left out.
/// Fails as the stores and DynamoDB do; a second import goes on.
asio::awaitable<Result<ImportTally>> import_conversations(ImportGround& ground, ForeignItems& items,
                                                          ForeignObjects* objects);

/// The same for roles of GPTGRAM's, which become those of people who have none.
asio::awaitable<Result<ImportTally>> import_roles(ImportGround& ground, ForeignItems& items);

}  // namespace kaiwa::server
