#pragma once

#include "chat/session_history.hpp"
#include "store/dynamodb/value.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::store::langchain {

using dynamodb::Item;
using dynamodb::Value;

/// One session as LangChain's `DynamoDBChatMessageHistory` keeps it: an item whose attribute
/// `History` is a list of maps `{"type", "data"}`, as `message_to_dict` of langchain-core makes
/// them.

/// Bytes that the messages of an item may take here: DynamoDB refuses items over 400 KB, and other
/// programs write too.
inline constexpr std::size_t max_history_bytes = 360 * 1024;

/// One element of the list.
struct HistoryMessage {
    chat::Remembered said;
    std::string id;      ///< `data.id`; often none.
    bool known = false;  ///< human, ai or system; other types are only carried along.
};

/// Reads the messages of an item, oldest first; nothing where there is no `History`. Content may be
/// text or a list of blocks, whose texts count; members that nobody knows are left alone.
/// Fails with `invalid_argument` when `History` is no list of maps.
[[nodiscard]] Result<std::vector<HistoryMessage>> read_history(Item const& item);

/// "human" and "ai" elements, as LangChain writes them today.
[[nodiscard]] Value human_element(std::string_view text, std::string_view id);
[[nodiscard]] Value ai_element(std::string_view text, std::string_view id);

/// Takes elements off the front until what is left takes at most `max_bytes`, and begins with a
/// person's question where there is one.
[[nodiscard]] Value::List cut(Value::List history, std::size_t max_bytes);

}  // namespace kaiwa::store::langchain
