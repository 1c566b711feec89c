#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"
#include "chat/session_history.hpp"
#include "store/dynamodb/table.hpp"
#include "store/langchain/history_item.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace kaiwa::store::langchain {

struct HistoryOptions {
    std::string table = "ChatMessageHistory";
    /// A session that nobody uses for so long is over: LangChain's `ttl`, in the attribute
    /// `expireAt`. Unset: never.
    std::optional<std::chrono::seconds> expires_after;
};

/// Sessions in the table of LangChain's `DynamoDBChatMessageHistory`: hash key `SessionId`, one
/// item a session (history_item.hpp).
///
/// LangChain reads an item, adds to it and puts it back, so that of two writers at once one loses.
/// Here an item changes only while its list is as long as it was when it was read.
class LangchainHistory final : public chat::SessionHistory {
public:
    LangchainHistory(dynamodb::Calls& calls, HistoryOptions options, Clock const& clock,
                     Random& random, Log& log)
        : table_(calls, options.table, random, log,
                 "it is not in DynamoDB; make it with the hash key SessionId (text), or set "
                 "compat.history_table"),
          expires_after_(options.expires_after),
          clock_(clock),
          random_(random) {}

    asio::awaitable<Result<std::vector<chat::Remembered>>> read(
        std::string session_id, std::optional<chat::Exchange> last) override;
    /// Also fails with `unavailable` when others write each time for 10 s.
    asio::awaitable<Result<void>> append(std::string session_id, chat::Exchange exchange) override;

private:
    struct Session {
        Item item;  ///< Without its list when the session's time is over.
        std::vector<HistoryMessage> messages;
        enum class State { absent, there, over } state = State::absent;

        [[nodiscard]] bool has(MessageId id) const;
    };
    asio::awaitable<Result<Session>> load(std::string session_id);
    [[nodiscard]] bool lacks(Session const& session, chat::Exchange const& last) const;
    asio::awaitable<Result<bool>> try_append(std::string session_id, chat::Exchange exchange);

    dynamodb::Table table_;
    std::optional<std::chrono::seconds> expires_after_;
    Clock const& clock_;
    Random& random_;
};

}  // namespace kaiwa::store::langchain
