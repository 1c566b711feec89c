#pragma once

#include "chat/chat_store.hpp"
#include "store/dynamodb/keys.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kaiwa::store::dynamodb {

/// One generation as the table has it.
struct GenerationRow {
    chat::Generation shown;
    std::string owner;             ///< A user's id.
    std::uint64_t solid = 0;       ///< Segments up to here, and the last one, are the log.
    std::string last_write;        ///< Tells a write that arrived twice from another one.
    std::string handover;          ///< For whoever claims the run; empty: nobody may.
};

[[nodiscard]] Result<GenerationRow> read_generation(Item const& item);
[[nodiscard]] Item generation_item(GenerationRow const& row);

/// The items of one segment: a large one takes several. They do not expire by themselves: until
/// somebody ends the generation they are all that there is of its answer.
[[nodiscard]] std::vector<Item> segment_items(GenerationId id, chat::LogSegment const& segment);
/// Joins items, in their order, to segments; leaves out what is not part of the log of `row`.
[[nodiscard]] std::vector<chat::LogSegment> join_segments(GenerationRow const& row,
                                                          std::vector<Item> const& items);
/// How far the first items of a log are known to be part of it, when more follow; 0: nobody knows.
[[nodiscard]] std::uint64_t confirmed_end(GenerationRow const& row, std::vector<Item> const& items);

/// Seconds since 1970: what the table's own expiry reads.
[[nodiscard]] inline std::int64_t epoch_seconds(Timestamp time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}
inline constexpr char const* expiry_attribute = "kaiwaExpires";

}  // namespace kaiwa::store::dynamodb
