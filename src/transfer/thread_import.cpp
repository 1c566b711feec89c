#include "transfer/thread_import.hpp"

#include <algorithm>

namespace kaiwa::transfer {

using chat::ArchivedMessage;
using chat::ArchivedThread;
using chat::ThreadArchive;

namespace {

class HeldMessages final : public ThreadArchive::Reader {
public:
    explicit HeldMessages(std::vector<ArchivedMessage> messages) : messages_(std::move(messages)) {}

    asio::awaitable<Result<std::vector<ArchivedMessage>>> next() override {
        std::vector<ArchivedMessage> some;
        std::size_t bytes = 0;
        while (at_ < messages_.size() && some.size() < chat::archived_at_once &&
               bytes < chat::archived_bytes_at_once) {
            bytes += messages_[at_].message.text.size();
            some.push_back(std::move(messages_[at_++]));
        }
        co_return some;
    }
    [[nodiscard]] std::vector<std::string> const& unreadable() const override {
        return unreadable_;
    }

private:
    std::vector<ArchivedMessage> messages_;
    std::size_t at_ = 0;
    std::vector<std::string> unreadable_;
};

}  // namespace

asio::awaitable<Result<ImportOutcome>> look_for_thread(ThreadArchive& target,
                                                       ArchivedThread thread) {
    auto const there = co_await target.find(thread.thread.id);
    if (!there && there.error().code == Errc::not_found) co_return ImportOutcome::stored;
    if (!there) co_return std::unexpected(there.error());
    if (there->owner.id != thread.owner.id) co_return chat::somebody_elses(thread.thread.id);
    // What was closed has a head, or never had messages.
    bool const whole = there->deleted_at || there->thread.head || !thread.thread.head;
    co_return whole ? ImportOutcome::present : ImportOutcome::stored;
}

asio::awaitable<Result<ImportOutcome>> import_thread(ThreadArchive& target, ArchivedThread thread,
                                                     ThreadArchive::Reader& messages) {
    auto const found = co_await look_for_thread(target, thread);
    if (!found || *found == ImportOutcome::present) co_return found;
    auto opened = co_await target.open_thread(thread);
    if (!opened) co_return std::unexpected(opened.error());
    for (;;) {
        auto some = co_await messages.next();
        if (!some) co_return std::unexpected(some.error());
        if (some->empty()) break;
        auto added = co_await target.add_messages(thread, std::move(*some));
        if (!added) co_return std::unexpected(added.error());
    }
    auto closed = co_await target.close_thread(std::move(thread));
    if (!closed) co_return std::unexpected(closed.error());
    co_return ImportOutcome::stored;
}

asio::awaitable<Result<ImportOutcome>> import_thread(ThreadArchive& target, ArchivedThread thread,
                                                     std::vector<ArchivedMessage> messages) {
    HeldMessages held(std::move(messages));
    co_return co_await import_thread(target, std::move(thread), held);
}

}  // namespace kaiwa::transfer
