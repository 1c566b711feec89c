#pragma once

#include "chat/chat_store.hpp"
#include "store/s3/s3_blobs.hpp"

#include <atomic>

namespace kaiwa::store::s3 {

/// What a store, its writers and its readers share.
struct Shared {
    explicit Shared(Options o)
        : bucket(o.session, o.bucket),
          prefix(std::move(o.prefix)),
          part_bytes(o.part_bytes),
          max_parts(o.max_parts),
          max_held_bytes(o.max_held_bytes),
          random(o.session.surroundings().random) {}
    Bucket bucket;
    std::string const prefix;
    std::size_t const part_bytes;
    std::size_t const max_parts;
    std::size_t const max_held_bytes;
    Random& random;
    std::atomic<std::size_t> held_bytes = 0;

    [[nodiscard]] std::string path_of(FileId id) const { return key_path(prefix + id.text()); }
};

std::unique_ptr<chat::BlobStore::Writer> make_writer(std::shared_ptr<Shared> shared,
                                                     std::string path, asio::any_io_executor loop);
asio::awaitable<Result<std::unique_ptr<chat::BlobStore::Reader>>> make_reader(
    std::shared_ptr<Shared> shared, std::string path, chat::BlobPart part);

}  // namespace kaiwa::store::s3
