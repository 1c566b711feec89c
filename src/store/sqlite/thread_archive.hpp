#pragma once

#include "chat/thread_archive.hpp"
#include "store/sqlite/engine.hpp"

namespace kaiwa::store::sqlite {

/// The `ThreadArchive` of the same SQLite file.
class SqliteThreadArchive final : public chat::ThreadArchive {
public:
    explicit SqliteThreadArchive(Engine engine) : engine_(engine) {}

    asio::awaitable<Result<std::optional<Timestamp>>> served_until() override {
        co_return std::nullopt;
    }
    asio::awaitable<Result<Listing>> list(std::string after) override;
    asio::awaitable<Result<chat::ArchivedThread>> find(ThreadId id) override;
    asio::awaitable<Result<std::unique_ptr<Reader>>> read(ThreadId id) override;
    asio::awaitable<Result<void>> open_thread(chat::ArchivedThread thread) override;
    asio::awaitable<Result<void>> add_messages(
        chat::ArchivedThread thread, std::vector<chat::ArchivedMessage> messages) override;
    asio::awaitable<Result<void>> close_thread(chat::ArchivedThread thread) override;

private:
    Engine engine_;
};

}  // namespace kaiwa::store::sqlite
