#pragma once

#include "chat/chat_store.hpp"
#include "store/sqlite/engine.hpp"

namespace kaiwa::store::sqlite {

/// The `ChatStore` in one SQLite file.
class SqliteChatStore final : public chat::ChatStore {
public:
    explicit SqliteChatStore(Engine engine) : engine_(engine) {}

    [[nodiscard]] bool is_shared() const override { return false; }

    // threads.cpp
    asio::awaitable<Result<chat::Thread>> create_thread(chat::Principal who,
                                                        chat::NewThread thread) override;
    asio::awaitable<Result<chat::Thread>> thread(chat::Principal who, ThreadId id) override;
    asio::awaitable<Result<chat::Page<chat::Thread>>> threads(chat::Principal who,
                                                              chat::ThreadQuery query) override;
    asio::awaitable<Result<chat::Thread>> update_thread(chat::Principal who, ThreadId id,
                                                        chat::ThreadPatch patch) override;
    asio::awaitable<Result<void>> delete_thread(chat::Principal who, ThreadId id) override;
    asio::awaitable<Result<chat::Thread>> restore_thread(chat::Principal who, ThreadId id) override;

    // messages.cpp
    asio::awaitable<Result<chat::Page<chat::Message>>> messages(chat::Principal who,
                                                                ThreadId thread,
                                                                chat::MessageQuery query) override;
    asio::awaitable<Result<chat::Message>> message(chat::Principal who, ThreadId thread,
                                                   MessageId id) override;
    asio::awaitable<Result<chat::Thread>> select_branch(chat::Principal who, ThreadId thread,
                                                        MessageId message) override;
    asio::awaitable<Result<void>> put_feedback(chat::Principal who, ThreadId thread,
                                               MessageId message, chat::Feedback feedback) override;
    asio::awaitable<Result<void>> remove_feedback(chat::Principal who, ThreadId thread,
                                                  MessageId message) override;
    asio::awaitable<Result<void>> add_file(chat::Principal who, chat::FileInfo file) override;
    asio::awaitable<Result<chat::FileInfo>> file(chat::Principal who, FileId id) override;

    // turns.cpp
    asio::awaitable<Result<chat::TurnTicket>> begin_turn(chat::Principal who, ThreadId thread,
                                                         chat::NewTurn turn) override;
    asio::awaitable<Result<chat::TurnTicket>> begin_reply(chat::Principal who, ThreadId thread,
                                                          chat::NewReply reply) override;
    asio::awaitable<Result<std::optional<chat::TurnTicket>>> find_ticket(
        chat::Principal who, ThreadId thread, MessageId key, std::string request_digest) override;

    // generations.cpp
    asio::awaitable<Result<chat::Generation>> generation(chat::Principal who,
                                                         GenerationId id) override;
    asio::awaitable<Result<chat::LogPage>> read_log(chat::Principal who, GenerationId id,
                                                    std::uint64_t after) override;
    asio::awaitable<Result<void>> request_stop(chat::Principal who, GenerationId id) override;
    asio::awaitable<Result<chat::ClaimedTurn>> claim(GenerationId id) override;
    asio::awaitable<Result<chat::LogAck>> append_log(chat::Lease lease, chat::LogSegment segment,
                                                     std::uint64_t sendable) override;
    asio::awaitable<Result<chat::LogAck>> renew_lease(chat::Lease lease) override;
    asio::awaitable<Result<void>> end_generation(chat::Lease lease, chat::Ending ending) override;
    asio::awaitable<Result<chat::Generation>> interrupt_expired(chat::Principal who,
                                                                GenerationId id) override;

private:
    Engine engine_;
};

}  // namespace kaiwa::store::sqlite
