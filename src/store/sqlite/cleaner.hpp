#pragma once

#include "chat/chat_store.hpp"
#include "store/sqlite/engine.hpp"

namespace kaiwa::store::sqlite {

/// Removes what is past its time: event logs, deleted threads and their files, files that nobody
/// attached, ended sessions. Each step is one short operation of the writer, so that nothing waits
/// long behind it.
class Cleaner {
public:
    explicit Cleaner(Engine engine) : engine_(engine) {}

    /// Until nothing is left or the task is stopped; tells how many rows went.
    asio::awaitable<Result<std::size_t>> clean_once(chat::BlobStore& blobs);
    /// Rounds, until the task is stopped.
    asio::awaitable<void> keep_clean(chat::BlobStore& blobs);

private:
    asio::awaitable<Result<std::size_t>> empty_trash(chat::BlobStore& blobs);

    Engine engine_;
};

}  // namespace kaiwa::store::sqlite
