#pragma once

#include "chat/thread_archive.hpp"
#include "store/dynamodb/engine.hpp"
#include "store/dynamodb/thread_row.hpp"

namespace kaiwa::store::dynamodb {

/// The `ThreadArchive` of the table: Chainlit's threads are listed and read too. Finding all
/// threads reads the whole table.
class DynamoThreadArchive final : public chat::ThreadArchive {
public:
    explicit DynamoThreadArchive(Engine engine) : engine_(engine) {}

    asio::awaitable<Result<std::optional<Timestamp>>> served_until() override;
    asio::awaitable<Result<Listing>> list(std::string after) override;
    asio::awaitable<Result<chat::ArchivedThread>> find(ThreadId id) override;
    asio::awaitable<Result<std::unique_ptr<Reader>>> read(ThreadId id) override;
    asio::awaitable<Result<void>> open_thread(chat::ArchivedThread thread) override;
    asio::awaitable<Result<void>> add_messages(
        chat::ArchivedThread thread, std::vector<chat::ArchivedMessage> messages) override;
    asio::awaitable<Result<void>> close_thread(chat::ArchivedThread thread) override;

private:
    /// Where it lies: live or deleted. Nothing when it is not there.
    asio::awaitable<Result<std::optional<ThreadRow>>> row_of(ThreadId id);
    asio::awaitable<Result<bool>> try_to_close(chat::ArchivedThread const& thread,
                                               ThreadRow before);
    asio::awaitable<Result<void>> tidy(ThreadRow row);
    asio::awaitable<Result<void>> add_files(chat::ArchivedThread thread,
                                            chat::ArchivedMessage message);

    Engine engine_;
};

}  // namespace kaiwa::store::dynamodb
