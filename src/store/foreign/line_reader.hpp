#pragma once

#include "store/foreign/readers.hpp"
#include "store/foreign/spool.hpp"

namespace kaiwa::store::foreign {

/// Gives the messages of a gathered conversation, made of its parts when they are asked for. What
/// it is given outlives it.
class LineReader final : public chat::ThreadArchive::Reader {
public:
    LineReader(chat::Thread const& thread, Gathered const& gathered, foreign::Reader const& reader,
               Spool const& spool)
        : thread_(thread.id),
          before_(thread.created_at),
          gathered_(gathered),
          reader_(reader),
          spool_(spool) {}

    asio::awaitable<Result<std::vector<chat::ArchivedMessage>>> next() override;
    [[nodiscard]] std::vector<std::string> const& unreadable() const override {
        return unreadable_;
    }

private:
    ThreadId thread_;
    Timestamp before_;
    Gathered const& gathered_;
    foreign::Reader const& reader_;
    Spool const& spool_;
    std::size_t part_ = 0;
    std::size_t number_ = 0;
    std::vector<std::string> unreadable_;
};

}  // namespace kaiwa::store::foreign
