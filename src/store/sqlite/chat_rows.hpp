#pragma once

#include "chat/chat_store.hpp"
#include "store/common/fold_log.hpp"
#include "store/sqlite/connection.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace kaiwa::store::sqlite {

/// The one answer for what is absent, deleted or somebody else's.
[[nodiscard]] std::unexpected<Error> not_found();

/// A live thread of its owner.
struct ThreadRow {
    std::int64_t n = 0;
    std::optional<std::int64_t> head;
    bool titled = false;
    chat::ThreadSettings settings;
};
std::optional<ThreadRow> find_thread(Connection& db, UserId owner, ThreadId id);
/// The thread `n` as it is shown. `now` judges leases.
Result<chat::Thread> read_thread(Connection& db, std::int64_t n, Timestamp now);

struct MessageRow {
    std::int64_t n = 0;
    MessageId id;
    std::optional<std::int64_t> parent;
    std::int64_t depth = 0;
    chat::MessageRole role = chat::MessageRole::user;
    std::string key;
};
std::optional<MessageRow> find_message(Connection& db, std::int64_t thread, MessageId id);

/// The branch that ends at message `from`, at most `limit` messages, oldest first.
/// `parent_of_first` is where it goes on.
struct Branch {
    std::vector<chat::Message> messages;
    std::optional<std::int64_t> parent_of_first;
};
Branch read_branch(Connection& db, std::int64_t thread, std::int64_t from, std::size_t limit);

struct GenerationRow {
    std::int64_t n = 0;  ///< Also of its message.
    std::int64_t thread = 0;
    std::optional<std::int64_t> last_segment;
    UserId owner;
    chat::Generation shown;
};
/// Whoever owns it, deleted threads included: for the runner, who has a lease.
std::optional<GenerationRow> find_generation(Connection& db, GenerationId id);
/// Of a live thread of `owner`.
std::optional<GenerationRow> find_generation(Connection& db, UserId owner, GenerationId id);

/// The generation's stored segments with events after `after`, in order.
/// All segments after an event, or as many as `max_bytes` hold, at least one; see `LogPage::more`.
struct Segments {
    std::vector<chat::LogSegment> read;
    bool more = false;
};
Segments read_segments(Connection& db, std::optional<std::int64_t> last_segment,
                       std::uint64_t after, std::size_t max_bytes);
std::vector<chat::LogSegment> read_segments(Connection& db,
                                            std::optional<std::int64_t> last_segment,
                                            std::uint64_t after);

/// Ends a running generation in the name of the server that vanished: its stored text is kept, and
/// the log ends with `interrupted` under the number after the highest that may have been sent.
void interrupt(Connection& db, GenerationRow const& generation, std::string_view reason,
               Timestamp now);

/// Makes a whole message findable by its filter (search_filter.hpp).
void index_message(Connection& db, UserId owner, std::int64_t message, std::string_view filter);

}  // namespace kaiwa::store::sqlite
