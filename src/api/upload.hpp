#pragma once

#include "api/caller_watch.hpp"
#include "chat/chat_store.hpp"

#include <memory>
#include <string>

namespace kaiwa::api {

/// One file on its way into the blob store, under an id of ours. Nothing is kept unless `finish()`
/// succeeds, and nothing of whoever is not let in any more: both calls fail with `unauthenticated`
/// then.
class Upload {
public:
    Upload(Call& call, std::string_view name, std::string declared_type);

    /// Fails with `unsupported` (reason "unsupported_type") once the first bytes show what it is,
    /// or `too_large`.
    asio::awaitable<Result<void>> write(std::string bytes);
    /// Makes the bytes durable, then records the file. Fails with `invalid_argument` for an empty
    /// file.
    asio::awaitable<Result<chat::FileInfo>> finish();

private:
    asio::awaitable<Result<void>> begin();

    Call& call_;
    CallerWatch watch_;
    chat::FileInfo file_;
    std::string declared_type_;
    std::string head_;  ///< Until there is enough to tell the type.
    std::unique_ptr<chat::BlobStore::Writer> writer_;
};

}  // namespace kaiwa::api
