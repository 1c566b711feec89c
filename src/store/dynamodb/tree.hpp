#pragma once

#include "store/dynamodb/step_row.hpp"
#include "store/dynamodb/thread_row.hpp"

#include <optional>
#include <unordered_map>
#include <vector>

namespace kaiwa::store::dynamodb {

/// The messages of one thread as a tree, oldest first. Steps that Chainlit wrote name no parent:
/// each follows the message before it, by time. Its steps that are no messages (tools, models)
/// become `steps_json` of the answer after them, and feedback and files on them become that answer's.
///
/// A value: no I/O.
class Tree {
public:
    /// `steps` and `elements` in any order.
    static Tree make(ThreadRow const& thread, std::vector<StepRow> steps,
                     std::vector<ElementRow> elements);

    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    [[nodiscard]] std::size_t find(MessageId id) const;
    [[nodiscard]] StepRow const& operator[](std::size_t place) const { return rows_[place]; }
    [[nodiscard]] StepRow& operator[](std::size_t place) { return rows_[place]; }
    [[nodiscard]] std::size_t size() const { return rows_.size(); }
    [[nodiscard]] std::size_t parent(std::size_t place) const { return parents_[place]; }
    /// The end of the branch being shown, or `none` for an empty thread.
    [[nodiscard]] std::size_t head() const { return head_; }
    /// Whether a message names a parent that was not read: it was moved meanwhile, read again.
    [[nodiscard]] bool has_gaps() const { return has_gaps_; }
    /// Whether a message lies where Chainlit does not look.
    [[nodiscard]] bool has_hidden() const;
    /// The number of the next message.
    [[nodiscard]] std::uint64_t next() const { return next_; }

    /// From the root to `end`.
    [[nodiscard]] std::vector<std::size_t> branch(std::size_t end) const;
    /// The newest message that descends from `from`, itself included.
    [[nodiscard]] std::size_t newest_below(std::size_t from) const;
    /// The message whole but for what overflowed: siblings, files, depth.
    [[nodiscard]] chat::Message message(std::size_t place) const;
    [[nodiscard]] std::vector<ElementRow> const& elements() const { return elements_; }
    [[nodiscard]] std::vector<ElementRow>& elements() { return elements_; }
    /// Keys of messages that have no UUID for an id, which have no place here.
    [[nodiscard]] std::vector<std::string> const& unreadable() const { return unreadable_; }

private:
    std::vector<StepRow> rows_;
    std::vector<std::size_t> parents_;
    std::vector<std::int64_t> depths_;
    std::vector<ElementRow> elements_;
    std::unordered_map<MessageId, std::size_t> places_;
    std::unordered_map<std::size_t, std::vector<MessageId>> siblings_;  ///< By parent and role.
    std::unordered_map<std::string, std::vector<std::size_t>> files_;   ///< By message.
    std::vector<std::string> unreadable_;
    std::size_t head_ = none;
    std::uint64_t next_ = 0;
    bool has_gaps_ = false;
};

}  // namespace kaiwa::store::dynamodb
