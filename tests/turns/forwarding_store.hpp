#pragma once

#include "chat/chat_store.hpp"

#include <utility>

namespace kaiwa::chat {

/// A store that passes everything on to another one: tests override where theirs behaves otherwise.
class ForwardingStore : public ChatStore {
public:
    explicit ForwardingStore(ChatStore& inner) : inner_(inner) {}

    bool is_shared() const override { return inner_.is_shared(); }
    asio::awaitable<Result<Thread>> create_thread(Principal who, NewThread thread) override {
        return inner_.create_thread(std::move(who), std::move(thread));
    }
    asio::awaitable<Result<Thread>> thread(Principal who, ThreadId id) override {
        return inner_.thread(std::move(who), id);
    }
    asio::awaitable<Result<Page<Thread>>> threads(Principal who, ThreadQuery query) override {
        return inner_.threads(std::move(who), std::move(query));
    }
    asio::awaitable<Result<Thread>> update_thread(Principal who, ThreadId id,
                                                  ThreadPatch patch) override {
        return inner_.update_thread(std::move(who), id, std::move(patch));
    }
    asio::awaitable<Result<void>> delete_thread(Principal who, ThreadId id) override {
        return inner_.delete_thread(std::move(who), id);
    }
    asio::awaitable<Result<Thread>> restore_thread(Principal who, ThreadId id) override {
        return inner_.restore_thread(std::move(who), id);
    }
    asio::awaitable<Result<Page<Message>>> messages(Principal who, ThreadId thread,
                                                    MessageQuery query) override {
        return inner_.messages(std::move(who), thread, std::move(query));
    }
    asio::awaitable<Result<Message>> message(Principal who, ThreadId thread,
                                             MessageId id) override {
        return inner_.message(std::move(who), thread, id);
    }
    asio::awaitable<Result<Thread>> select_branch(Principal who, ThreadId thread,
                                                  MessageId message) override {
        return inner_.select_branch(std::move(who), thread, message);
    }
    asio::awaitable<Result<TurnTicket>> begin_turn(Principal who, ThreadId thread,
                                                   NewTurn turn) override {
        return inner_.begin_turn(std::move(who), thread, std::move(turn));
    }
    asio::awaitable<Result<TurnTicket>> begin_reply(Principal who, ThreadId thread,
                                                    NewReply reply) override {
        return inner_.begin_reply(std::move(who), thread, std::move(reply));
    }
    asio::awaitable<Result<std::optional<TurnTicket>>> find_ticket(
        Principal who, ThreadId thread, MessageId key, std::string request_digest) override {
        return inner_.find_ticket(std::move(who), thread, key, std::move(request_digest));
    }
    asio::awaitable<Result<Generation>> generation(Principal who, GenerationId id) override {
        return inner_.generation(std::move(who), id);
    }
    asio::awaitable<Result<LogPage>> read_log(Principal who, GenerationId id,
                                              std::uint64_t after) override {
        return inner_.read_log(std::move(who), id, after);
    }
    asio::awaitable<Result<void>> request_stop(Principal who, GenerationId id) override {
        return inner_.request_stop(std::move(who), id);
    }
    asio::awaitable<Result<ClaimedTurn>> claim(GenerationId id) override {
        return inner_.claim(id);
    }
    asio::awaitable<Result<LogAck>> append_log(Lease lease, LogSegment segment,
                                               std::uint64_t sendable) override {
        return inner_.append_log(lease, std::move(segment), sendable);
    }
    asio::awaitable<Result<LogAck>> renew_lease(Lease lease) override {
        return inner_.renew_lease(lease);
    }
    asio::awaitable<Result<void>> end_generation(Lease lease, Ending ending) override {
        return inner_.end_generation(lease, std::move(ending));
    }
    asio::awaitable<Result<Generation>> interrupt_expired(Principal who, GenerationId id) override {
        return inner_.interrupt_expired(std::move(who), id);
    }
    asio::awaitable<Result<void>> put_feedback(Principal who, ThreadId thread, MessageId message,
                                               Feedback feedback) override {
        return inner_.put_feedback(std::move(who), thread, message, std::move(feedback));
    }
    asio::awaitable<Result<void>> remove_feedback(Principal who, ThreadId thread,
                                                  MessageId message) override {
        return inner_.remove_feedback(std::move(who), thread, message);
    }
    asio::awaitable<Result<void>> add_file(Principal who, FileInfo file) override {
        return inner_.add_file(std::move(who), std::move(file));
    }
    asio::awaitable<Result<FileInfo>> file(Principal who, FileId id) override {
        return inner_.file(std::move(who), id);
    }

protected:
    ChatStore& inner_;
};

}  // namespace kaiwa::chat
