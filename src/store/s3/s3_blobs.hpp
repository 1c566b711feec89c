#pragma once

#include "chat/chat_store.hpp"
#include "store/s3/bucket.hpp"

#include <memory>
#include <string>

namespace kaiwa::store::s3 {

struct Options {
    aws::Session& session;  ///< Outlives the store, its writers and readers.
    BucketOptions bucket;
    std::string prefix{};              ///< Before every id, e.g. "kaiwa/files/".
    std::size_t part_bytes = 5 << 20;  ///< S3 takes no smaller part but the last.
    std::size_t max_parts = 10'000;    ///< S3 takes no more: with these parts 50 GB a blob.
    /// What all writers together may hold while their parts grow and are sent; a part that is sent
    /// is in memory twice.
    std::size_t max_held_bytes = 96 << 20;
};

class Blobs : public chat::BlobStore {
public:
    /// Whether the bytes of `file` are there, whoever stored them. Asks for one of them.
    virtual asio::awaitable<Result<bool>> has(chat::FileInfo file) = 0;
};

/// A bucket as a `BlobStore`: one object a blob, named by prefix and id. Calls nobody before its
/// first use.
///
/// A small blob is one signed PUT; a larger one goes up in parts, of which a writer holds one at a
/// time. While the writers hold `max_held_bytes`, writing more fails with `unavailable`. An object
/// appears when it is whole, and never in the place of another (`If-None-Match`); a writer knows
/// its own again when the answer to its last call was lost. A writer that ends without `commit()`
/// takes its parts back; what a crash leaves of them, a lifecycle rule of the bucket removes
/// (docs/storage.md). A reader that breaks off in the middle goes on from where it was, three times
/// at most, and only in the same object (`If-Match`). What another program stored in the bucket is
/// reached by its whole key.
std::unique_ptr<Blobs> open(Options options);

}  // namespace kaiwa::store::s3
