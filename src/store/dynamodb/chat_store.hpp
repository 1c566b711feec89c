#pragma once

#include "chat/chat_store.hpp"
#include "store/dynamodb/engine.hpp"
#include "store/dynamodb/generation_row.hpp"
#include "store/dynamodb/running_logs.hpp"
#include "store/dynamodb/thread_row.hpp"

#include <functional>

namespace kaiwa::store::dynamodb {

/// Tells the cleaner to hide once more what `who` owns: requests that were on their way when it was
/// hidden may have made more, and the lists are late.
[[nodiscard]] Item departed_item(chat::Principal const& who, Timestamp now);

class DynamoChatStore final : public chat::ChatStore {
public:
    explicit DynamoChatStore(Engine engine) : engine_(engine) {}

    [[nodiscard]] bool is_shared() const override { return true; }

    asio::awaitable<Result<chat::Thread>> create_thread(chat::Principal who,
                                                        chat::NewThread thread) override;
    asio::awaitable<Result<chat::Thread>> thread(chat::Principal who, ThreadId id) override;
    asio::awaitable<Result<chat::Page<chat::Thread>>> threads(chat::Principal who,
                                                              chat::ThreadQuery query) override;
    asio::awaitable<Result<chat::Thread>> update_thread(chat::Principal who, ThreadId id,
                                                        chat::ThreadPatch patch) override;
    asio::awaitable<Result<void>> delete_thread(chat::Principal who, ThreadId id) override;
    asio::awaitable<Result<chat::Thread>> restore_thread(chat::Principal who, ThreadId id) override;
    asio::awaitable<Result<chat::Page<chat::Message>>> messages(chat::Principal who,
                                                                ThreadId thread,
                                                                chat::MessageQuery query) override;
    asio::awaitable<Result<chat::Message>> message(chat::Principal who, ThreadId thread,
                                                   MessageId id) override;
    asio::awaitable<Result<chat::Thread>> select_branch(chat::Principal who, ThreadId thread,
                                                        MessageId message) override;
    asio::awaitable<Result<chat::TurnTicket>> begin_turn(chat::Principal who, ThreadId thread,
                                                         chat::NewTurn turn) override;
    asio::awaitable<Result<chat::TurnTicket>> begin_reply(chat::Principal who, ThreadId thread,
                                                          chat::NewReply reply) override;
    asio::awaitable<Result<std::optional<chat::TurnTicket>>> find_ticket(
        chat::Principal who, ThreadId thread, MessageId key, std::string request_digest) override;
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
    asio::awaitable<Result<void>> put_feedback(chat::Principal who, ThreadId thread,
                                               MessageId message, chat::Feedback feedback) override;
    asio::awaitable<Result<void>> remove_feedback(chat::Principal who, ThreadId thread,
                                                  MessageId message) override;
    asio::awaitable<Result<void>> add_file(chat::Principal who, chat::FileInfo file) override;
    asio::awaitable<Result<chat::FileInfo>> file(chat::Principal who, FileId id) override;

    /// Deletes what somebody owns who is no more, and is in the lists of `username`; a thread that
    /// somebody spoiled, too.
    asio::awaitable<Result<void>> hide_belongings(std::string username, chat::Principal who);

private:
    /// Changes a thread, but for its time, as often as it takes for nobody to have come between.
    using Change = std::function<void(ThreadRow& row)>;
    asio::awaitable<Result<ThreadRow>> change_thread(chat::Principal who, ThreadId id,
                                                     Change change);
    /// What `check_changeable()` refuses can be deleted all the same by whoever never restores it.
    enum class Spoiled { stays, goes };
    asio::awaitable<Result<void>> hide_thread(chat::Principal who, ThreadId id, Spoiled spoiled);
    asio::awaitable<Result<void>> hide_files(UserId owner);
    asio::awaitable<Result<chat::Thread>> with_running(ThreadRow row);
    asio::awaitable<Result<GenerationRow>> own_generation(chat::Principal who, GenerationId id);
    asio::awaitable<Result<GenerationRow>> leased(chat::Lease lease);
    asio::awaitable<Result<chat::LogAck>> store_segment(chat::Lease lease,
                                                        chat::LogSegment segment,
                                                        std::uint64_t sendable, std::string write);
    asio::awaitable<Result<void>> settle(chat::Lease lease, chat::LogSegment& segment);
    asio::awaitable<Result<chat::LogAck>> try_append(chat::Lease lease, chat::LogSegment segment,
                                                     std::uint64_t sendable);
    asio::awaitable<Result<void>> try_to_end(chat::Lease lease, chat::Ending ending);
    struct Final {
        GenerationRow row;
        std::uint64_t solid = 0;
        chat::LogSegment last_segment;
        chat::GenerationState state = chat::GenerationState::done;
        std::string text;
        std::string reasoning;
        std::optional<std::string> finish;
        std::optional<std::string> error;
        std::optional<llm::Usage> usage;
        std::string steps_json = "[]";
        std::string citations_json = "[]";
        std::uint64_t new_epoch = 0;
        bool only_expired = false;  ///< Nobody may have renewed the lease since it was read.
    };
    asio::awaitable<Result<void>> store_final(Final end);
    asio::awaitable<Result<void>> change_feedback(chat::Principal who, ThreadId thread,
                                                  MessageId message,
                                                  std::optional<chat::Feedback> feedback);

    Engine engine_;
    RunningLogs running_;
};

}  // namespace kaiwa::store::dynamodb
