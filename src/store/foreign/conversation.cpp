#include "store/foreign/conversation.hpp"

#include "base/crypto.hpp"
#include "chat/turn_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <queue>
#include <span>
#include <tuple>
#include <unordered_map>

namespace kaiwa::store::foreign {
namespace {

/// A UUID made of texts (RFC 9562, version 8): the same texts give the same id.
Uuid derive(std::initializer_list<std::string_view> parts) {
    std::string text = "kaiwa import";
    for (auto const part : parts) text += fmt::format("|{}:{}", part.size(), part);
    auto const digest = sha256(text);
    Uuid id;
    std::ranges::copy(std::span(digest).first(id.bytes.size()), id.bytes.begin());
    id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0F) | 0x80);
    id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3F) | 0x80);
    return id;
}

/// Text as it may be here: U+0000 is refused elsewhere.
std::string without_nul(std::string text) {
    std::erase(text, '\0');
    return text;
}

MessageId message_id(ThreadId thread, std::string_view own) {
    return MessageId{derive({thread.text(), own})};
}

/// The thread without what its messages say.
chat::ArchivedThread empty_thread(Conversation const& conversation, std::string_view source,
                                  chat::Principal owner, Timestamp now) {
    chat::ArchivedThread out;
    auto& thread = out.thread;
    thread.id = ThreadId{derive({source, owner.id.text(), conversation.id})};
    thread.title = chat::make_title(without_nul(conversation.title));
    thread.created_at = conversation.created_at.value_or(now);
    thread.updated_at =
        std::max(thread.created_at, conversation.updated_at.value_or(thread.created_at));
    if (conversation.system_prompt)
        thread.settings.system_prompt = without_nul(*conversation.system_prompt);
    out.owner = std::move(owner);
    return out;
}

chat::ArchivedMessage archived(std::size_t number, MessageId id, ForeignMessage message,
                               Timestamp before) {
    chat::ArchivedMessage out;
    out.number = number;
    out.message.id = id;
    out.message.role = message.role;
    out.message.text = without_nul(std::move(message.text));
    if (message.model) out.message.model = without_nul(std::move(*message.model));
    out.message.feedback = std::move(message.feedback);
    if (out.message.feedback)
        out.message.feedback->comment = without_nul(std::move(out.message.feedback->comment));
    out.message.created_at = std::max(before, message.created_at.value_or(before));
    return out;
}

/// Places of messages, parents first and siblings as they came; those in circles, and below
/// parents that are not there, are missing.
std::vector<std::size_t> in_order(std::vector<ForeignMessage> const& messages) {
    std::unordered_map<std::string_view, std::vector<std::size_t>> children;
    std::queue<std::size_t> next;
    for (std::size_t i = 0; i < messages.size(); ++i) {
        auto const& parent = messages[i].parent;
        if (parent)
            children[*parent].push_back(i);
        else
            next.push(i);
    }
    std::vector<std::size_t> order;
    while (!next.empty()) {
        auto const place = next.front();
        next.pop();
        order.push_back(place);
        auto const below = children.find(messages[place].id);
        if (below == children.end()) continue;
        for (auto const child : below->second) next.push(child);
        children.erase(below);  // an id that occurs twice is the parent once
    }
    return order;
}

}  // namespace

Imported to_thread(Conversation conversation, std::string_view source, chat::Principal owner,
                   Timestamp now) {
    Imported out;
    out.thread = empty_thread(conversation, source, std::move(owner), now);
    auto& thread = out.thread.thread;
    auto& messages = conversation.messages;
    std::unordered_map<std::string, std::pair<MessageId, Timestamp>> placed;
    std::vector<bool> taken(messages.size(), false);
    for (auto const place : in_order(messages)) {
        auto& message = messages[place];
        if (placed.contains(message.id)) continue;
        auto const id = message_id(thread.id, message.id);
        std::optional<MessageId> parent;
        auto before = thread.created_at;
        if (message.parent) std::tie(parent, before) = placed.at(*message.parent);
        taken[place] = true;
        auto const own = message.id;
        auto& made = out.messages.emplace_back(
            archived(out.messages.size(), id, std::move(message), before));
        made.message.parent = parent;
        placed.emplace(own, std::pair(id, made.message.created_at));
        thread.updated_at = std::max(thread.updated_at, made.message.created_at);
        bool const names = thread.title.empty() && made.message.role == chat::MessageRole::user;
        if (names) thread.title = chat::make_title(made.message.text);
    }
    for (std::size_t i = 0; i < messages.size(); ++i)
        if (!taken[i]) out.left_out.push_back(messages[i].id);
    if (!out.messages.empty()) thread.head = out.messages.back().message.id;
    auto const head = conversation.head ? placed.find(*conversation.head) : placed.end();
    if (head != placed.end()) thread.head = head->second.first;
    return out;
}

chat::ArchivedThread to_thread(Gathered const& gathered, std::string_view source,
                               chat::Principal owner, Timestamp now) {
    auto out = empty_thread(gathered.conversation, source, std::move(owner), now);
    if (gathered.messages() > 0)
        out.thread.head = message_id(out.thread.id, std::to_string(gathered.messages() - 1));
    return out;
}

chat::ArchivedMessage message_in_line(ThreadId thread, std::size_t number, ForeignMessage message,
                                      Timestamp before) {
    auto made =
        archived(number, message_id(thread, std::to_string(number)), std::move(message), before);
    if (number > 0) made.message.parent = message_id(thread, std::to_string(number - 1));
    return made;
}

}  // namespace kaiwa::store::foreign
