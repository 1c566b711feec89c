#pragma once

#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "base/uuid.hpp"
#include "store/dynamodb/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

/// Where everything lies in the table; docs/storage.md shows the whole layout. What Chainlit knows
/// is under its own keys; every other partition begins with "KAIWA#", which it never reads.
namespace kaiwa::store::dynamodb {

/// Chainlit's: the thread, its steps of the branch being shown, its elements.
[[nodiscard]] inline std::string thread_partition(ThreadId id) {
    return "THREAD#" + id.text();
}
/// Ours: the thread's steps off that branch; the thread itself while it is deleted.
[[nodiscard]] inline std::string hidden_partition(ThreadId id) {
    return "KAIWA#THREAD#" + id.text();
}
[[nodiscard]] inline Key thread_key(ThreadId id) { return {thread_partition(id), "THREAD"}; }
[[nodiscard]] inline Key deleted_thread_key(ThreadId id) {
    return {hidden_partition(id), "DELETED"};
}
[[nodiscard]] inline std::string step_sort(std::string_view id) {
    return fmt::format("STEP#{}", id);
}
[[nodiscard]] inline Key step_key(ThreadId thread, MessageId id) {
    return {thread_partition(thread), step_sort(id.text())};
}
[[nodiscard]] inline Key hidden_step_key(ThreadId thread, MessageId id) {
    return {hidden_partition(thread), step_sort(id.text())};
}
[[nodiscard]] inline Key element_key(ThreadId thread, FileId id, MessageId message) {
    return {thread_partition(thread), fmt::format("ELEMENT#{}-{}", id.text(), message.text())};
}

/// What a message has beyond one item, in numbered parts under a tag of its own.
[[nodiscard]] inline std::string text_partition(std::string_view tag) {
    return fmt::format("KAIWA#TEXT#{}", tag);
}

inline constexpr std::string_view parts_prefix = "PART#";

[[nodiscard]] inline std::string generation_partition(GenerationId id) {
    return "KAIWA#GENERATION#" + id.text();
}
[[nodiscard]] inline Key generation_key(GenerationId id) {
    return {generation_partition(id), "GENERATION"};
}
/// Segments are sorted by the number of their last event.
[[nodiscard]] inline std::string segment_sort(std::uint64_t last) {
    return fmt::format("SEGMENT#{:015}#", last);
}

[[nodiscard]] inline Key file_key(FileId id) { return {"KAIWA#FILE#" + id.text(), "FILE"}; }

[[nodiscard]] inline std::string user_partition(UserId id) { return "KAIWA#USER#" + id.text(); }
[[nodiscard]] inline Key user_key(UserId id) { return {user_partition(id), "USER"}; }
/// Whose belongings are hidden once more: what came while they were deleted.
[[nodiscard]] inline Key departed_key(UserId id) { return {user_partition(id), "DEPARTED"}; }
[[nodiscard]] inline Key user_session_key(UserId user, SessionId id) {
    return {user_partition(user), "SESSION#" + id.text()};
}
[[nodiscard]] inline Key token_key(std::string_view token_hash) {
    return {"KAIWA#TOKEN#" +
                hex({reinterpret_cast<std::uint8_t const*>(token_hash.data()), token_hash.size()}),
            "TOKEN"};
}
[[nodiscard]] inline Key session_key(SessionId id) {
    return {"KAIWA#SESSION#" + id.text(), "SESSION"};
}
[[nodiscard]] inline Key api_key_key(std::string_view key_hash) {
    return {"KAIWA#KEY#" +
                hex({reinterpret_cast<std::uint8_t const*>(key_hash.data()), key_hash.size()}),
            "KEY"};
}
[[nodiscard]] inline Key api_key_id_key(KeyId id) { return {"KAIWA#KEYID#" + id.text(), "KEY"}; }
/// One partition names all keys: `KEY#{user or -}#{name}`.
inline constexpr std::string_view key_names_partition = "KAIWA#KEYS";
inline constexpr std::string_view providers_partition = "KAIWA#PROVIDERS";
/// One partition names the servers at work: `SERVER#{token}`, each until a time.
inline constexpr std::string_view servers_partition = "KAIWA#SERVERS";
[[nodiscard]] inline Key administrators_key() {
    return {"KAIWA#ADMINISTRATORS", "ADMINISTRATORS"};
}

/// Partitions of the index UserThread. `user_threads` is Chainlit's list.
[[nodiscard]] inline std::string user_threads(std::string_view username) {
    return fmt::format("USER#{}", username);
}
[[nodiscard]] inline std::string archived_threads(std::string_view username) {
    return fmt::format("KAIWA#ARCHIVED#{}", username);
}
inline constexpr std::string_view deleted_threads = "KAIWA#DELETED";
/// Notes of parts that no message has yet.
inline constexpr std::string_view waiting_parts = "KAIWA#PARTS";
/// Threads that were not meant to stay; the cleaner looks at each a day after its last change, or when
/// it said so itself.
inline constexpr std::string_view passing_threads = "KAIWA#PASSING";
inline constexpr std::string_view unattached_files = "KAIWA#UPLOADS";
inline constexpr std::string_view departed_owners = "KAIWA#DEPARTED";
inline constexpr std::string_view expiring_sessions = "KAIWA#SESSIONS";
/// Logs whose generation ended, spread over 16 partitions of the index.
[[nodiscard]] inline std::string ended_logs(char digit) {
    return fmt::format("KAIWA#LOGS#{}", digit);
}

/// The id of what another program names by `text` (RFC 9562, version 8).
[[nodiscard]] inline Uuid id_of_text(std::string_view text) {
    auto const digest = sha256(text);
    Uuid id;
    std::copy_n(digest.begin(), id.bytes.size(), id.bytes.begin());
    id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0F) | 0x80);
    id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3F) | 0x80);
    return id;
}

/// Times as Chainlit writes them: UTC with microseconds. `order` keeps what happened in the same
/// millisecond apart.
[[nodiscard]] inline std::string to_iso(Timestamp time, std::uint64_t order = 0) {
    auto text = to_rfc3339(time);
    text.pop_back();  // Z
    return text + fmt::format("{:03}Z", order % 1'000);
}
[[nodiscard]] inline std::string index_time(Timestamp time, std::uint64_t order = 0) {
    return "TS#" + to_iso(time, order);
}
/// What cannot be read is the beginning of time.
[[nodiscard]] inline Timestamp from_iso(std::string_view text) {
    return parse_rfc3339(text).value_or(Timestamp());
}

}  // namespace kaiwa::store::dynamodb
