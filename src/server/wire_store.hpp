#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "chat/chat_store.hpp"
#include "server/settings.hpp"
#include "store/sqlite/store.hpp"

#include <memory>

namespace kaiwa::server {

/// Everything that is kept, as this configuration keeps it.
struct Stores {
    std::unique_ptr<store::sqlite::SqliteStore> database;
    std::unique_ptr<chat::BlobStore> blobs;  ///< Of a server; tools have none.
};

/// Opens the stores; `tool` for the command line beside a running server.
Result<Stores> open_stores(Settings const& settings, store::sqlite::Access access,
                           Clock const& clock, Random& random, Log& log);

}  // namespace kaiwa::server
