#pragma once

#include "chat/types.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace kaiwa::chat {

/// What threads that are being talked in have said, so that the next turn's prompt needs no read of
/// the store.
///
/// A branch is named by the message that it ends with. What is kept of it cannot become untrue:
/// messages are appended and never rewritten, and an answer is taken in once its end is stored. That
/// the thread still exists and whose it is only the store can say, so ask for a branch only after
/// it stored a turn that follows it. Branches with files, or with steps that a model may need, are
/// not kept. Thread-safe.
class RecentBranches {
public:
    struct Line {
        Line(MessageRole who, std::string what);

        MessageRole role;
        std::string text;
        std::int64_t tokens;  ///< Of the text, as estimated.

        bool operator==(Line const&) const = default;
    };
    using Lines = std::vector<Line>;  ///< From the root on.

    /// Bytes of one branch; a longer one is read from the store each time.
    static constexpr std::size_t max_branch_bytes = std::size_t{32} << 10;
    /// Bytes of all; those that were talked in longest ago go first.
    static constexpr std::size_t max_bytes = std::size_t{4} << 20;

    explicit RecentBranches(std::size_t bytes = max_bytes) : max_bytes_(bytes) {}

    [[nodiscard]] std::optional<Lines> find(ThreadId thread, MessageId last);
    /// Remembers the branch that ends with `last` in place of any other of its thread.
    void keep(ThreadId thread, MessageId last, Lines lines);
    /// Adds a question and its answer to the branch that ends with `parent`; at the root when that
    /// is unset. A branch that is not remembered stays so.
    void extend(ThreadId thread, std::optional<MessageId> parent, Line question, MessageId reply,
                Line answer);

private:
    struct Entry {
        ThreadId thread;
        MessageId last;
        Lines lines;
        std::size_t bytes = 0;
    };
    using Entries = std::list<Entry>;  // talked in last: first

    Entry* entry_of(ThreadId thread, MessageId last);
    void put(Entry entry);
    void remove(Entries::iterator entry);

    std::size_t const max_bytes_;
    std::mutex mutex_;
    Entries entries_;
    std::unordered_map<ThreadId, Entries::iterator> by_thread_;
    std::size_t bytes_ = 0;
};

}  // namespace kaiwa::chat
