#pragma once

#include "chat/chat_store.hpp"
#include "store/dynamodb/keys.hpp"
#include "store/dynamodb/value.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::store::dynamodb {

/// What of a message does not fit into one item lies in parts of its own.
struct Overflow {
    std::string tag;            ///< Names the partition of the parts.
    std::size_t parts = 0;
    /// Bytes of text beyond the item's, then of reasoning, steps and citations.
    std::array<std::size_t, 4> sizes{};
};

/// A step as the table has it.
struct StepRow {
    std::string id;                 ///< Of steps that are no messages: any text.
    std::string type;
    std::string created;            ///< As written; sorts by time.
    bool is_message = false;        ///< `user_message` or `assistant_message` with a UUID.
    bool is_ours = false;           ///< It has `metadata.kaiwa`.
    bool is_hidden = false;         ///< It lies in the hidden partition.
    bool is_whole = true;           ///< False: of its outline alone.
    std::uint64_t number = 0;       ///< Ours only: its place in the thread's history.
    std::string key;                ///< Digest of the request that made it, in hexadecimal.
    std::string parent_step;        ///< Chainlit's `parentId`.
    std::string name;
    std::optional<Overflow> overflow;
    chat::Message message;          ///< Without siblings, files and what overflowed.
    Item item;                      ///< As it was read.

    /// Lets go of what is not in its outline.
    void drop_texts();
};

[[nodiscard]] StepRow read_step(Item item);
/// Attributes from which the steps and elements of a thread are known as a tree: all but texts.
[[nodiscard]] std::vector<std::string> outline_attributes();
/// Puts the rest of a step that was read as an outline into `row`; its place in a tree stays.
void complete(StepRow& row, Item item);

/// A file at a message: of ours, or one that Chainlit stored.
struct ElementRow {
    std::string message;  ///< Of Chainlit's also a step that is no message.
    std::int64_t place = 0;
    chat::FileInfo file;
    bool is_whole = true;
    Item item;
};
/// Nothing for an element without a message, an object or an id. Of an element of Chainlit's,
/// whose ids tell the elements of one thread apart, the file's id is made of the thread's and its.
[[nodiscard]] std::optional<ElementRow> read_element(Item item);

/// The text of a message, cut so that its item stays small, and the parts with the rest.
struct SplitText {
    std::string inline_text;
    std::string reasoning;
    std::string steps_json;
    std::string citations_json;
    std::optional<Overflow> overflow;
    std::vector<Item> parts;
};
/// Below this a message lies in one item.
inline constexpr std::size_t inline_bytes = 96 << 10;
/// Bytes of text in one part.
inline constexpr std::size_t part_bytes = 256 << 10;
[[nodiscard]] SplitText split_text(std::string_view text, std::string_view reasoning,
                                   std::string_view steps, std::string_view citations,
                                   std::string tag);
/// Puts the rest, read from the parts in order, into `row.message`.
[[nodiscard]] Result<void> join_text(StepRow& row, std::vector<Item> const& parts);

/// The step of a message as Chainlit writes one, with what is ours in `metadata.kaiwa`.
struct NewStep {
    ThreadId thread;
    chat::Message const& message;
    std::uint64_t number = 0;
    std::string name;  ///< Who speaks, for Chainlit's page.
    std::string key;
    SplitText const& text;
};
[[nodiscard]] Item step_item(NewStep const& step);
/// `metadata.kaiwa` of it.
[[nodiscard]] Item step_extra(chat::Message const& message, std::uint64_t number,
                              std::string const& key, SplitText const& text);
/// `object_prefix` as `Engine` has it.
[[nodiscard]] Item element_item(ThreadId thread, MessageId message, std::int64_t place,
                                chat::FileInfo const& file,
                                std::optional<std::string> const& object_prefix);
[[nodiscard]] Item feedback_item(ThreadId thread, MessageId message,
                                 chat::Feedback const& feedback);

[[nodiscard]] std::string_view to_string(chat::MessageState state);

}  // namespace kaiwa::store::dynamodb
