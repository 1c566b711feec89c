#include "chat/recent_branches.hpp"

#include "llm/tokens.hpp"

#include <utility>

namespace kaiwa::chat {
namespace {

// Of an entry and of a line, besides the text: about what the containers take.
constexpr std::size_t entry_bytes = 192;
constexpr std::size_t line_bytes = 64;

std::size_t size_of(RecentBranches::Line const& line) { return line_bytes + line.text.size(); }

}  // namespace

RecentBranches::Line::Line(MessageRole who, std::string what)
    : role(who), text(std::move(what)), tokens(llm::estimate_tokens(text)) {}

RecentBranches::Entry* RecentBranches::entry_of(ThreadId thread, MessageId last) {
    auto const found = by_thread_.find(thread);
    if (found == by_thread_.end() || found->second->last != last) return nullptr;
    return &*found->second;
}

std::optional<RecentBranches::Lines> RecentBranches::find(ThreadId thread, MessageId last) {
    std::lock_guard const lock(mutex_);
    auto const* entry = entry_of(thread, last);
    if (entry == nullptr) return std::nullopt;
    return entry->lines;
}

void RecentBranches::keep(ThreadId thread, MessageId last, Lines lines) {
    Entry entry{thread, last, std::move(lines), entry_bytes};
    for (auto const& line : entry.lines) entry.bytes += size_of(line);
    std::lock_guard const lock(mutex_);
    put(std::move(entry));
}

void RecentBranches::extend(ThreadId thread, std::optional<MessageId> parent, Line question,
                            MessageId reply, Line answer) {
    std::lock_guard const lock(mutex_);
    Entry entry{thread, reply, {}, entry_bytes};
    if (parent) {
        auto* known = entry_of(thread, *parent);
        if (known == nullptr) return;
        entry.lines = std::move(known->lines);
        entry.bytes = known->bytes;
    }
    entry.bytes += size_of(question) + size_of(answer);
    entry.lines.push_back(std::move(question));
    entry.lines.push_back(std::move(answer));
    put(std::move(entry));
}

void RecentBranches::put(Entry entry) {
    if (auto const old = by_thread_.find(entry.thread); old != by_thread_.end())
        remove(old->second);
    if (entry.bytes > max_branch_bytes || entry.bytes > max_bytes_) return;
    bytes_ += entry.bytes;
    entries_.push_front(std::move(entry));
    by_thread_.emplace(entries_.front().thread, entries_.begin());
    while (bytes_ > max_bytes_) remove(std::prev(entries_.end()));
}

void RecentBranches::remove(Entries::iterator entry) {
    bytes_ -= entry->bytes;
    by_thread_.erase(entry->thread);
    entries_.erase(entry);
}

}  // namespace kaiwa::chat
