#pragma once

#include "store/dynamodb/engine.hpp"
#include "store/dynamodb/step_row.hpp"

#include <chrono>

/// What a long message has beyond one item lies in parts, which are written before the transaction
/// that makes them a message's. Until then a note beside them, in the index, says since when they
/// wait: the cleaner removes parts whose transaction never came.
namespace kaiwa::store::dynamodb {

/// Longer than any transaction keeps its parts waiting.
inline constexpr std::chrono::hours parts_patience{1};

/// Where the message is, or will be.
struct PartsOwner {
    ThreadId thread;
    MessageId message;
};

/// Writes the parts of `text` and their note; nothing where it has none. Fails with `unavailable`
/// (reason "busy") while the cleaner removes what was there before.
asio::awaitable<Result<void>> store_parts(Engine engine, PartsOwner owner, SplitText const& text);

/// For the transaction: takes the note away. Refused when the cleaner came first.
[[nodiscard]] Action adopt_parts(Table const& table, Overflow const& overflow);

/// Removes the parts that the note at `note` waits with, unless a message has them after all; tells
/// how many items went. `before`: only where they wait since then.
asio::awaitable<Result<std::size_t>> remove_unadopted(Engine engine, Key note, Timestamp before);

}  // namespace kaiwa::store::dynamodb
