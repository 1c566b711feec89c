#pragma once

#include "server/import_tally.hpp"

namespace kaiwa::server {

/// Stores the threads of a Chainlit's tables, with their people: whoever has the same name here,
/// else a new user with the password that the table has. `files` is where Chainlit keeps the files of
/// messages, whose bytes come along; null: nobody knows, they are counted and stay where they are.
/// Fails as the stores do; a second import goes on.
asio::awaitable<Result<ImportTally>> import_chainlit(ImportGround& ground, Stores& source,
                                                     store::s3::Blobs* files);

}  // namespace kaiwa::server
