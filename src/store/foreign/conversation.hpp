#pragma once

#include "chat/thread_archive.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::store::foreign {

/// One message of another system's.
struct ForeignMessage {
    std::string id;                     ///< Its own; unique in its conversation. Of a part, empty.
    std::optional<std::string> parent;  ///< Unset at the root, and in a part.
    chat::MessageRole role = chat::MessageRole::user;
    std::string text;
    std::optional<std::string> model;
    std::optional<chat::Feedback> feedback;
    std::optional<Timestamp> created_at;
};

/// A conversation that another system kept, in its own words.
struct Conversation {
    std::string key;    ///< Where it lies there, for people.
    std::string owner;  ///< Whose it is, as that system names people; empty: it does not say.
    std::string id;     ///< Its own.
    std::string title;
    std::optional<std::string> system_prompt;
    std::optional<Timestamp> created_at;
    std::optional<Timestamp> updated_at;
    std::vector<ForeignMessage> messages;  ///< In any order, as a tree.
    std::optional<std::string> head;       ///< The end that is shown; unset: the last message.
    /// The key of the object in a bucket that has its messages; empty: they are here.
    std::string messages_at{};
};

/// A conversation whose messages follow each other and lie in many items of its table. All of them
/// may be larger than memory.
struct Gathered {
    Conversation conversation;         ///< Without messages.
    std::vector<std::uint64_t> parts;  ///< Where its items can be read again, oldest first.
    std::size_t messages_a_part = 1;

    [[nodiscard]] std::size_t messages() const { return parts.size() * messages_a_part; }
};

/// A thread as the archive takes it.
struct Imported {
    chat::ArchivedThread thread;
    std::vector<chat::ArchivedMessage> messages;
    std::vector<std::string> left_out;  ///< Ids of messages whose parents lead nowhere.
};

/// Makes a thread of `owner` of a conversation. Its ids are made of `source` (which system and
/// table), the owner and the conversation's own ids, so that the same conversation always becomes
/// the same thread. What has no time happened at `now`; times never run backwards along a branch.
[[nodiscard]] Imported to_thread(Conversation conversation, std::string_view source,
                                 chat::Principal owner, Timestamp now);

/// The same of a gathered one, without its messages: they are made one by one with
/// `message_in_line()`.
[[nodiscard]] chat::ArchivedThread to_thread(Gathered const& gathered, std::string_view source,
                                             chat::Principal owner, Timestamp now);

/// The message at place `number`, from 0, of a thread that has no branches. `before` is when the
/// message before it was written, or the thread begun.
[[nodiscard]] chat::ArchivedMessage message_in_line(ThreadId thread, std::size_t number,
                                                    ForeignMessage message, Timestamp before);

}  // namespace kaiwa::store::foreign
