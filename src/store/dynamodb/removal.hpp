#pragma once

#include "chat/chat_store.hpp"
#include "store/dynamodb/engine.hpp"

#include <cstddef>
#include <string>

/// Takes out of the table, for good, what the cleaner found to be past its time. Each tells how many
/// items went, is harmless when done twice, and goes on where one that broke off ended.
namespace kaiwa::store::dynamodb {

/// The items of a partition whose sort keys begin with `prefix`.
asio::awaitable<Result<std::size_t>> remove_partition(Engine engine, std::string pk,
                                                      std::string prefix);

/// A file that is marked as deleted, its bytes first. Fails as `blobs` does, with the item kept.
asio::awaitable<Result<std::size_t>> remove_file(Engine engine, Item item, chat::BlobStore& blobs);

/// A deleted thread that is marked as being removed: messages, logs, texts, and files that no other
/// thread has. Where a file cannot be removed the others go; messages, texts and what names it stay.
/// Of one that Chainlit brought back meanwhile for whoever deleted it only the note of its deletion
/// goes; what Chainlit wrote in its place for somebody else loses its messages.
asio::awaitable<Result<std::size_t>> remove_deleted_thread(Engine engine, ThreadId id,
                                                           chat::BlobStore& blobs);

}  // namespace kaiwa::store::dynamodb
