#pragma once

#include "store/dynamodb/value.hpp"
#include "store/foreign/conversation.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Tables of other systems, item by item. Their layouts are those of the systems themselves:
/// LangChain's `DynamoDBChatMessageHistory`, aws-samples/bedrock-chat,
/// aws-samples/generative-ai-use-cases (GenU), and a private RAG's `ChatHistory`.
namespace kaiwa::store::foreign {

using dynamodb::Item;

/// Reads the items of one table and gives conversations.
///
/// An item is a whole conversation, or a part of one. Of parts a reader holds where they lie and
/// what sorts them, not their texts, so that a table of any size takes some tens of bytes an item.
///
/// No I/O, no clock. An item that cannot be read is said and left out; the rest goes on.
class Reader {
public:
    virtual ~Reader() = default;

    struct Taken {
        std::optional<Conversation> conversation{};
        bool is_part = false;  ///< Of a gathered one: to be kept where `place` says.
        bool is_known = true;  ///< The table that this reads has such items.
    };
    virtual Taken take(Item const& item, std::uint64_t place) = 0;
    /// Takes the messages of a conversation from the object that it names (`messages_at`).
    /// Fails with `invalid_argument`.
    virtual Result<void> fill(Conversation&, std::string_view) {
        return fail(Errc::invalid_argument, "this table has nothing in buckets");
    }
    /// Those whose parts were taken, in an order of their ids. Call once, after the last item.
    virtual std::vector<Gathered> finish() { return {}; }
    /// The messages of a part, oldest first: `Gathered::messages_a_part` of them.
    [[nodiscard]] virtual std::vector<ForeignMessage> messages_in(Item const&) const { return {}; }

    /// What was wrong since the last call, each with the item's key.
    [[nodiscard]] std::vector<std::string> unreadable() { return std::exchange(unreadable_, {}); }
    /// What comes in and became something else, since the last call, each with the item's key.
    [[nodiscard]] std::vector<std::string> changed() { return std::exchange(changed_, {}); }
    /// Items and messages of kinds that have no place here.
    [[nodiscard]] std::size_t skipped() const { return skipped_; }

protected:
    void refuse(std::string key, std::string_view why) {
        unreadable_.push_back(std::move(key) + ": " + std::string(why));
    }
    void say_changed(std::string key, std::string_view how) {
        changed_.push_back(std::move(key) + ": " + std::string(how));
    }
    void skip() { ++skipped_; }
    /// Takes the first instructions; what is longer than a thread's may be is said and left out.
    void instruct(Conversation& conversation, std::string text);

private:
    std::vector<std::string> unreadable_;
    std::vector<std::string> changed_;
    std::size_t skipped_ = 0;
};

struct LangchainLayout {
    std::string key = "SessionId";  ///< The table's hash key.
    Timestamp now{};                ///< A session whose `expireAt` is past is over.
};
[[nodiscard]] std::unique_ptr<Reader> langchain_reader(LangchainLayout layout);
[[nodiscard]] std::unique_ptr<Reader> bedrock_chat_reader();
[[nodiscard]] std::unique_ptr<Reader> genu_reader();
[[nodiscard]] std::unique_ptr<Reader> private_rag_reader();

/// A role that GPTGRAM's users keep in `UserRoles`.
struct UserRole {
    std::string user;  ///< The subject of an issuer's tokens.
    std::string role;
};
/// Fails with `invalid_argument`.
[[nodiscard]] Result<UserRole> read_user_role(Item const& item);

/// An item in one line: as DynamoDB's export to S3 writes it, `{"Item":{…}}`, or bare, with typed
/// values either way. Fails with `invalid_argument`.
[[nodiscard]] Result<Item> parse_item_line(std::string_view line);

/// Milliseconds since 1970 in a number or a text; seconds too, where a system wrote those. Nothing
/// for what is no time.
[[nodiscard]] std::optional<Timestamp> read_time(Item const& item, std::string_view name);

}  // namespace kaiwa::store::foreign
