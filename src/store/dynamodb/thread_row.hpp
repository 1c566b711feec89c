#pragma once

#include "chat/chat_store.hpp"
#include "store/dynamodb/keys.hpp"
#include "store/dynamodb/value.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kaiwa::store::dynamodb {

/// A thread as the table has it. Chainlit rewrites `metadata` when it renames a thread, so what is
/// ours lies beside it, in the attribute `kaiwa`, which Chainlit leaves as it is.
struct ThreadRow {
    ThreadId id;
    std::string title;
    std::string user_id;                ///< Chainlit's owner: a username.
    std::optional<std::string> owner;   ///< Ours: a user's id. Unset until Kaiwa writes.
    std::optional<Timestamp> created_at;
    Timestamp updated_at;               ///< Chainlit's `createdAt`.
    bool archived = false;
    chat::Stay stay = chat::for_good;
    std::optional<MessageId> head;
    chat::ThreadSettings settings;
    std::uint64_t next = 0;             ///< Number of the next message.
    std::uint64_t revision = 0;         ///< Grows with each of our changes.
    bool branched = false;              ///< Some steps lie in the hidden partition.
    std::vector<GenerationId> running;  ///< That may run: their leases say.
    std::optional<Timestamp> deleted_at;
    bool has_ours = false;              ///< The attribute `kaiwa` is there.
    bool has_metadata = false;
    std::string misfit;                 ///< An attribute of ours of a wrong type; empty: none.

    /// Threads that Chainlit wrote belong to the person of that name; keys that stand for
    /// themselves are nobody's namesake.
    [[nodiscard]] bool is_of(chat::Principal const& who) const;
};

/// Fails with `invalid_argument` for an item that is no thread of this table.
[[nodiscard]] Result<ThreadRow> read_thread(Item const& item);
/// As a person sees it; whether it runs is the caller's to add.
[[nodiscard]] chat::Thread shown(ThreadRow const& row);

/// The attribute `kaiwa`.
[[nodiscard]] Item thread_extra(ThreadRow const& row);
/// The whole item of a thread that Kaiwa makes.
[[nodiscard]] Item new_thread_item(ThreadRow const& row);
/// What Chainlit's settings panel understands of the settings.
[[nodiscard]] Item chat_settings(chat::ThreadSettings const& settings);

/// Whether it can be changed: the conditions below would never hold where somebody spoiled what
/// they compare. Fails with `internal` and words for the log, which name item and attribute.
[[nodiscard]] Result<void> check_changeable(ThreadRow const& row);

/// The condition that nobody of us changed the thread since it was read.
[[nodiscard]] std::string is_unchanged(ThreadRow const& row, Aliases& aliases);

/// Changes `row` as it was read into what it is now: everything of ours, its place in the list,
/// and its title. `condition` holds only while nobody else of us changed it.
struct ThreadChange {
    Aliases aliases;
    std::string update;
    std::string condition;
};
enum class Touch { keep_time, new_time };
[[nodiscard]] ThreadChange change_of(ThreadRow const& before, ThreadRow after, Touch touch);

/// The partition of the index that lists it.
[[nodiscard]] std::string list_of(ThreadRow const& row);

}  // namespace kaiwa::store::dynamodb
