#include "store/dynamodb/tree.hpp"

#include "base/json.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_set>

namespace kaiwa::store::dynamodb {
namespace {

constexpr std::size_t detail_bytes = 2'000;

/// What Chainlit calls a step, in our three words; nothing for one that only groups others.
std::string_view kind_of(std::string_view type) {
    if (type == "tool") return "tool";
    if (type == "llm") return "model";
    if (type == "embedding" || type == "retrieval" || type == "rerank") return "retrieval";
    return {};
}

std::string step_json(StepRow const& row) {
    std::string_view detail = row.message.text;
    if (detail.size() > detail_bytes) {
        std::size_t end = detail_bytes;
        while (end > 0 && (static_cast<unsigned char>(detail[end]) & 0xC0) == 0x80) --end;
        detail = detail.substr(0, end);
    }
    return json::serialize(json::object{{"id", row.id},
                                        {"kind", kind_of(row.type)},
                                        {"name", row.name},
                                        {"state", "done"},
                                        {"detail", detail}});
}

/// Ours by number and Chainlit's by time, in one line: each of Chainlit's follows the last of ours
/// that is not newer.
std::vector<StepRow> in_order(std::vector<StepRow> steps) {
    auto const middle = std::partition(steps.begin(), steps.end(),
                                       [](StepRow const& row) { return row.is_ours; });
    std::sort(steps.begin(), middle,
              [](StepRow const& a, StepRow const& b) { return a.number < b.number; });
    std::sort(middle, steps.end(), [](StepRow const& a, StepRow const& b) {
        return std::tie(a.created, a.id) < std::tie(b.created, b.id);
    });
    std::unordered_set<MessageId> waiting;
    for (auto row = middle; row != steps.end(); ++row) waiting.insert(row->message.id);
    std::vector<StepRow> out;
    out.reserve(steps.size());
    auto ours = steps.begin();
    auto theirs = middle;
    while (ours != middle || theirs != steps.end()) {
        // Clocks differ: whatever they say, a message comes after its parent.
        auto const comes_first = [&](StepRow const& row) {
            if (row.message.parent && waiting.contains(*row.message.parent)) return false;
            return theirs == steps.end() || row.created <= theirs->created;
        };
        if (ours != middle && comes_first(*ours)) {
            out.push_back(std::move(*ours++));
            continue;
        }
        waiting.erase(theirs->message.id);
        out.push_back(std::move(*theirs++));
    }
    return out;
}

/// Steps that are no messages, and the answer that each of them became part of.
using Folded = std::unordered_map<std::string, std::string>;

/// Folds steps that are no messages into the answers after them.
std::vector<StepRow> fold(std::vector<StepRow> steps, Folded& folded) {
    std::vector<StepRow> messages;
    std::vector<std::string> waiting_ids;
    std::string waiting;
    std::optional<chat::Feedback> feedback;
    for (auto& row : steps) {
        if (!row.is_message) {
            waiting_ids.push_back(row.id);
            if (row.message.feedback) feedback = row.message.feedback;
            if (kind_of(row.type).empty()) continue;
            if (!waiting.empty()) waiting += ',';
            waiting += step_json(row);
            continue;
        }
        bool const answers = row.message.role == chat::MessageRole::assistant;
        if (answers && !row.is_ours) {
            if (!waiting.empty()) row.message.steps_json = "[" + waiting + "]";
            if (feedback && !row.message.feedback) row.message.feedback = feedback;
            for (auto& id : waiting_ids) folded.emplace(std::move(id), row.id);
            waiting.clear();
            waiting_ids.clear();
            feedback.reset();
        }
        messages.push_back(std::move(row));
    }
    return messages;
}

std::size_t sibling_key(std::size_t parent, chat::MessageRole role) {
    return (parent + 1) * 2 + static_cast<std::size_t>(role);
}

}  // namespace

Tree Tree::make(ThreadRow const& thread, std::vector<StepRow> steps,
                std::vector<ElementRow> elements) {
    Tree tree;
    tree.elements_ = std::move(elements);
    std::ranges::sort(tree.elements_, {}, &ElementRow::place);
    for (auto const& row : steps) {
        bool const spoken = row.type == "user_message" || row.type == "assistant_message";
        if (spoken && !row.is_message)
            tree.unreadable_.push_back(string_or(row.item, "PK") + " " + string_or(row.item, "SK"));
    }
    Folded folded;
    tree.rows_ = fold(in_order(std::move(steps)), folded);
    for (auto& element : tree.elements_)
        if (auto const answer = folded.find(element.message); answer != folded.end())
            element.message = answer->second;
    auto const count = tree.rows_.size();
    for (std::size_t i = 0; i < count; ++i) tree.places_.emplace(tree.rows_[i].message.id, i);
    tree.next_ = thread.next;
    tree.parents_.assign(count, none);
    tree.depths_.assign(count, 0);
    std::size_t before = none;  // the last one shown, which a step without a parent follows
    for (std::size_t i = 0; i < count; ++i) {
        auto& row = tree.rows_[i];
        auto parent = row.is_ours ? none : before;
        if (row.is_ours && row.message.parent) {
            parent = tree.find(*row.message.parent);
            // A parent is always older; anything else is a damaged item and would be a circle.
            if (parent == none || parent >= i) {
                tree.has_gaps_ = true;
                parent = none;
            }
        }
        tree.parents_[i] = parent;
        row.message.parent =
            parent == none ? std::nullopt : std::optional(tree.rows_[parent].message.id);
        tree.depths_[i] = parent == none ? 0 : tree.depths_[parent] + 1;
        if (row.is_ours) tree.next_ = std::max(tree.next_, row.number + 1);
        tree.siblings_[sibling_key(parent, row.message.role)].push_back(row.message.id);
        if (!row.is_hidden) before = i;
    }
    for (std::size_t i = 0; i < tree.elements_.size(); ++i)
        tree.files_[tree.elements_[i].message].push_back(i);
    tree.head_ = thread.head ? tree.find(*thread.head) : none;
    if (tree.head_ == none && count > 0) tree.head_ = before == none ? count - 1 : before;
    // What Chainlit added after our head goes on from it.
    if (before != none && !tree.rows_[before].is_ours && before > tree.head_) tree.head_ = before;
    return tree;
}

std::size_t Tree::find(MessageId id) const {
    auto const found = places_.find(id);
    return found == places_.end() ? none : found->second;
}

bool Tree::has_hidden() const { return std::ranges::any_of(rows_, &StepRow::is_hidden); }

std::vector<std::size_t> Tree::branch(std::size_t end) const {
    std::vector<std::size_t> out;
    for (auto at = end; at != none; at = parents_[at]) out.push_back(at);
    std::ranges::reverse(out);
    return out;
}

std::size_t Tree::newest_below(std::size_t from) const {
    std::vector<bool> below(rows_.size(), false);
    below[from] = true;
    auto newest = from;
    // Parents are older, so one walk forward finds all descendants.
    for (auto i = from + 1; i < rows_.size(); ++i) {
        if (parents_[i] == none || !below[parents_[i]]) continue;
        below[i] = true;
        newest = i;
    }
    return newest;
}

chat::Message Tree::message(std::size_t place) const {
    auto message = rows_[place].message;
    message.depth = depths_[place];
    auto const siblings = siblings_.find(sibling_key(parents_[place], message.role));
    if (siblings != siblings_.end()) message.siblings = siblings->second;
    auto const files = files_.find(message.id.text());
    if (files != files_.end())
        for (auto const element : files->second) message.files.push_back(elements_[element].file);
    return message;
}

}  // namespace kaiwa::store::dynamodb
