#pragma once

#include "chat/chat_store.hpp"
#include "store/dynamodb/engine.hpp"

namespace kaiwa::store::dynamodb {

/// Removes what is past its time: event logs, threads that passed, deleted ones and their files,
/// files that nobody attached, parts of texts that no message has, ended sessions. Every replica may
/// do it at the same time: each step is harmless when it is done twice.
class Cleaner {
public:
    explicit Cleaner(Engine engine) : engine_(engine) {}

    /// Until nothing is left, `until` has come or the task is stopped; tells how many items went.
    asio::awaitable<Result<std::size_t>> clean_once(chat::BlobStore& blobs, SteadyTime until);
    /// Rounds, until the task is stopped.
    asio::awaitable<void> keep_clean(chat::BlobStore& blobs);

private:
    /// Items of a partition of the index whose time is over.
    asio::awaitable<Result<std::vector<Item>>> due(std::string list, Timestamp until);
    /// Whether to begin with one more.
    asio::awaitable<bool> goes_on(SteadyTime until);
    asio::awaitable<Result<std::size_t>> remove_logs(SteadyTime until);
    asio::awaitable<Result<std::size_t>> delete_passing(SteadyTime until);
    /// Puts off the next look at a thread that passes.
    asio::awaitable<Result<void>> look_again(Item thread, Timestamp at);
    asio::awaitable<Result<std::size_t>> remove_parts(SteadyTime until);
    asio::awaitable<Result<std::size_t>> remove_threads(chat::BlobStore& blobs, SteadyTime until);
    asio::awaitable<Result<std::size_t>> remove_thread(ThreadId id, chat::BlobStore& blobs);
    asio::awaitable<Result<std::size_t>> remove_uploads(chat::BlobStore& blobs, SteadyTime until);
    asio::awaitable<Result<std::size_t>> remove_sessions();
    asio::awaitable<Result<std::size_t>> hide_departed(SteadyTime until);
    asio::awaitable<Result<std::size_t>> remove_partition(std::string pk, std::string prefix);
    asio::awaitable<Result<std::size_t>> let_go(FileId file, ThreadId thread,
                                                chat::BlobStore& blobs);
    /// Of a file that is marked as deleted.
    asio::awaitable<Result<std::size_t>> discard(Item item, chat::BlobStore& blobs);

    std::size_t put_off_ = 0;  // threads whose next look was put off, since the beginning
    Engine engine_;
};

}  // namespace kaiwa::store::dynamodb
