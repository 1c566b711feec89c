#pragma once

#include "chat/chat_store.hpp"
#include "store/dynamodb/engine.hpp"

#include <optional>

namespace kaiwa::store::dynamodb {

/// Removes what is past its time: event logs, threads that passed, deleted ones and their files,
/// files that nobody attached, parts of texts that no message has, ended sessions, what deleted
/// users left. Every replica may do it at the same time: each step is harmless when done twice.
class Cleaner {
public:
    explicit Cleaner(Engine engine) : engine_(engine) {}

    /// Until nothing is left, `until` has come or the task is stopped; tells how many items went.
    /// What cannot be removed or hidden is logged and tried again an hour later; the others go, and
    /// the first such failure is returned at the end.
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
    /// Puts off the next look at what `due()` listed.
    asio::awaitable<Result<void>> look_again(Item listed, Timestamp at);
    /// The same when the removal failed, which is the round's failure when it is its first.
    asio::awaitable<Result<std::size_t>> or_later(Result<std::size_t> removed, Item listed,
                                                  Timestamp at);
    asio::awaitable<Result<std::size_t>> remove_parts(SteadyTime until);
    asio::awaitable<Result<std::size_t>> remove_threads(chat::BlobStore& blobs, SteadyTime until);
    asio::awaitable<Result<std::size_t>> remove_uploads(chat::BlobStore& blobs, SteadyTime until);
    asio::awaitable<Result<std::size_t>> remove_sessions();
    asio::awaitable<Result<std::size_t>> hide_departed(SteadyTime until);
    /// Hides what came late, unless they are back: of whoever is here nothing is hidden.
    asio::awaitable<Result<std::size_t>> settle_departed(UserId owner, std::string username);
    /// With what is left of sessions and keys.
    asio::awaitable<Result<std::size_t>> hide_belongings(UserId owner, std::string username);

    std::size_t put_off_ = 0;  // items whose next look was put off, since the beginning
    std::optional<Error> failure_;  // the round's first that it went on after
    Engine engine_;
};

}  // namespace kaiwa::store::dynamodb
