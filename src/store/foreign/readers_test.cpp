#include "store/foreign/readers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

namespace kaiwa::store::foreign {
namespace {

using chat::MessageRole;

/// What a table of these items gives, with parts read back from where they were set aside.
struct Found {
    std::vector<Conversation> whole;
    std::vector<Gathered> gathered;
    std::vector<std::vector<ForeignMessage>> lines;  ///< The messages of each gathered one.
    std::vector<std::string> unreadable;
    std::vector<std::string> changed;
};

Found read(Reader& reader, std::initializer_list<std::string_view> lines) {
    Found found;
    auto const note = [&] {
        std::ranges::move(reader.unreadable(), std::back_inserter(found.unreadable));
        std::ranges::move(reader.changed(), std::back_inserter(found.changed));
    };
    std::vector<Item> kept;
    for (auto const line : lines) {
        auto const item = parse_item_line(line);
        EXPECT_TRUE(item) << line;
        if (!item) continue;
        auto taken = reader.take(*item, kept.size());
        if (taken.is_part) kept.push_back(*item);
        if (taken.conversation) found.whole.push_back(std::move(*taken.conversation));
        note();
    }
    found.gathered = reader.finish();
    note();
    for (auto const& each : found.gathered) {
        auto& messages = found.lines.emplace_back();
        for (auto const place : each.parts)
            std::ranges::move(reader.messages_in(kept.at(place)), std::back_inserter(messages));
        EXPECT_EQ(messages.size(), each.messages());
    }
    return found;
}

TEST(ItemLine, IsAnItemBareOrAsExported) {
    EXPECT_EQ(*parse_item_line(R"({"Item":{"UserID":{"S":"u"}}})"),
              *parse_item_line(R"({"UserID":{"S":"u"}})"));
    EXPECT_TRUE(parse_item_line(R"({"Item":{"S":"an attribute called Item"}})")->contains("Item"));
    for (auto const* wrong : {"", "x", "[]", R"({"Item":7})", R"({"a":"b"})"})
        EXPECT_FALSE(parse_item_line(wrong)) << wrong;
}

TEST(LangchainReader, MakesASessionAConversation) {
    auto const reader = langchain_reader({});
    auto const found = read(
        *reader,
        {R"({"SessionId":{"S":"s-1"},"History":{"L":[{"M":{"type":{"S":"system"},"data":{"M":{"content":{"S":"短く"}}}}},{"M":{"type":{"S":"human"},"data":{"M":{"content":{"S":"こんばんは"}}}}},{"M":{"type":{"S":"tool"},"data":{"M":{"content":{"S":"x"}}}}},{"M":{"type":{"S":"ai"},"data":{"M":{"content":{"S":"はい"}}}}}]}})",
         R"({"SessionId":{"S":"s-2"},"History":{"S":"broken"}})", R"({"Other":{"S":"k"}})"});
    ASSERT_EQ(found.whole.size(), 1u);
    auto const& session = found.whole[0];
    EXPECT_EQ(session.id, "s-1");
    EXPECT_EQ(session.system_prompt, "短く");
    ASSERT_EQ(session.messages.size(), 2u);
    EXPECT_EQ(session.messages[1].parent, session.messages[0].id);
    EXPECT_EQ(session.messages[1].role, MessageRole::assistant);
    EXPECT_EQ(reader->skipped(), 1u) << "what a tool said";
    ASSERT_EQ(found.unreadable.size(), 2u);
    EXPECT_TRUE(found.unreadable[0].starts_with("session s-2"));
    EXPECT_TRUE(found.unreadable[1].contains("--key"));
}

TEST(LangchainReader, KnowsAnotherKeyAndSessionsThatAreOver) {
    auto const reader = langchain_reader({"id", Timestamp(std::chrono::seconds(1000))});
    auto const found = read(*reader, {R"({"id":{"S":"a"},"expireAt":{"N":"1000"}})",
                                      R"({"id":{"S":"b"},"expireAt":{"N":"1001"}})"});
    ASSERT_EQ(found.whole.size(), 1u);
    EXPECT_EQ(found.whole[0].id, "b");
    ASSERT_EQ(found.unreadable.size(), 1u);
    EXPECT_TRUE(found.unreadable[0].contains("expireAt"));
}

TEST(LangchainReader, LeavesOutInstructionsThatAThreadCannotHave) {
    auto const reader = langchain_reader({});
    auto const found = read(
        *reader,
        {R"({"SessionId":{"S":"s"},"History":{"L":[{"M":{"type":{"S":"system"},"data":{"M":{"content":{"S":")" +
         std::string(32 * 1024 + 1, 'x') + R"("}}}}}]}})"});
    EXPECT_FALSE(found.whole.at(0).system_prompt);
    EXPECT_TRUE(found.unreadable.at(0).contains("32 KiB"));
}

TEST(PrivateRagReader, GathersASessionInTheOrderItIsRead) {
    auto const reader = private_rag_reader();
    auto const found = read(
        *reader,
        {R"({"session_id":{"S":"a"},"timestamp":{"S":"29000"},"user_message":{"S":"q1"},"bot_response":{"S":"a1"}})",
         R"({"session_id":{"S":"b"},"timestamp":{"S":"1"},"user_message":{"S":"other"},"bot_response":{"S":"x"}})",
         R"({"session_id":{"S":"a"},"timestamp":{"S":"5"},"user_message":{"S":"q2"},"bot_response":{"S":"a2"}})",
         R"({"session_id":{"S":"a"},"user_message":{"N":"7"}})"});
    ASSERT_EQ(found.gathered.size(), 2u);
    EXPECT_EQ(found.gathered[0].conversation.title, "q1");
    ASSERT_EQ(found.lines[0].size(), 4u);
    EXPECT_EQ(found.lines[0][2].text, "q2");
    EXPECT_EQ(found.lines[0][3].text, "a2");
    EXPECT_EQ(found.lines[0][3].role, MessageRole::assistant);
    EXPECT_FALSE(found.lines[0][0].created_at) << "its timestamp is none";
    EXPECT_EQ(found.unreadable.size(), 1u);
}

TEST(BedrockChatReader, ReadsTheTreeOfMessages) {
    auto const reader = bedrock_chat_reader();
    auto const found = read(
        *reader,
        {R"({"PK":{"S":"sub-1"},"SK":{"S":"sub-1#CONV#01H"},"Title":{"S":"旅"},"CreateTime":{"N":"1700000000000"},"TotalPrice":{"N":"0.1"},"LastMessageId":{"S":"m3"},"MessageMap":{"S":"{\"system\":{\"role\":\"system\",\"content\":[{\"content_type\":\"text\",\"body\":\"\"}],\"parent\":null,\"children\":[\"m1\"],\"create_time\":1700000000000},\"m3\":{\"role\":\"assistant\",\"model\":\"claude\",\"content\":[{\"content_type\":\"reasoning\",\"text\":\"hm\"},{\"content_type\":\"text\",\"body\":\"京都\"}],\"parent\":\"m1\",\"create_time\":1700000002000,\"feedback\":{\"thumbs_up\":true,\"comment\":\"良い\"}},\"m1\":{\"role\":\"user\",\"content\":{\"contentType\":\"text\",\"body\":\"どこへ?\"},\"parent\":\"system\",\"createTime\":1700000001000}}"}})",
         R"({"PK":{"S":"sub-1"},"SK":{"S":"sub-1#BOT#1"}})",
         R"({"PK":{"S":"sub-1"},"SK":{"S":"sub-1#CONV#2"},"IsLargeMessage":{"BOOL":true},"LargeMessagePath":{"S":"x/y"}})",
         R"({"PK":{"S":"sub-1"},"SK":{"S":"sub-1#CONV#3"},"MessageMap":{"S":"[]"}})"});
    ASSERT_EQ(found.whole.size(), 2u);
    auto const& conversation = found.whole[0];
    EXPECT_EQ(conversation.owner, "sub-1");
    EXPECT_EQ(conversation.id, "sub-1#CONV#01H");
    EXPECT_EQ(conversation.title, "旅");
    EXPECT_EQ(conversation.head, "m3");
    ASSERT_EQ(conversation.messages.size(), 2u);
    EXPECT_EQ(conversation.messages[0].text, "どこへ?");
    EXPECT_FALSE(conversation.messages[0].parent) << "what hangs on the root node is the root";
    EXPECT_EQ(conversation.messages[1].text, "京都");
    EXPECT_EQ(conversation.messages[1].parent, "m1");
    EXPECT_EQ(conversation.messages[1].model, "claude");
    EXPECT_EQ(conversation.messages[1].feedback->comment, "良い");
    EXPECT_EQ(reader->skipped(), 1u);
    ASSERT_EQ(found.unreadable.size(), 1u);
    EXPECT_TRUE(found.unreadable[0].contains("MessageMap"));
}

TEST(BedrockChatReader, TakesMessagesFromTheObjectThatAnItemNames) {
    auto const reader = bedrock_chat_reader();
    auto found = read(
        *reader,
        {R"({"PK":{"S":"u"},"SK":{"S":"u#CONV#2"},"MessageMap":{"S":"{}"},"IsLargeMessage":{"BOOL":true},"LargeMessagePath":{"S":"u/2/message_map.json"}})"});
    ASSERT_EQ(found.whole.size(), 1u);
    auto& conversation = found.whole[0];
    EXPECT_EQ(conversation.messages_at, "u/2/message_map.json");
    EXPECT_TRUE(conversation.messages.empty());
    EXPECT_FALSE(reader->fill(conversation, "no json"));
    ASSERT_TRUE(reader->fill(conversation, R"({"m":{"role":"user","content":"long"}})"));
    EXPECT_EQ(conversation.messages.at(0).text, "long");
    EXPECT_FALSE(genu_reader()->fill(conversation, "{}"));
}

TEST(BedrockChatReader, NodesThatPointAtEachOtherAreTheRoot) {
    auto const reader = bedrock_chat_reader();
    auto const found = read(
        *reader,
        {R"({"PK":{"S":"u"},"SK":{"S":"u#CONV#1"},"MessageMap":{"S":"{\"s\":{\"role\":\"system\",\"parent\":\"t\"},\"t\":{\"role\":\"system\",\"parent\":\"s\"},\"m\":{\"role\":\"user\",\"content\":\"x\",\"parent\":\"s\"},\"n\":{\"role\":\"user\",\"content\":\"y\",\"parent\":\"t\"}}"}})"});
    ASSERT_EQ(found.whole.size(), 1u);
    ASSERT_EQ(found.whole[0].messages.size(), 2u);
    for (auto const& message : found.whole[0].messages) EXPECT_FALSE(message.parent);
    EXPECT_EQ(found.changed.size(), 1u) << "the circle is said once";
    EXPECT_TRUE(found.unreadable.empty());
}

TEST(BedrockChatReader, MessagesThatFollowEachOtherInACircleBeginWithTheOldest) {
    auto const reader = bedrock_chat_reader();
    auto const found = read(
        *reader,
        {R"({"PK":{"S":"u"},"SK":{"S":"u#CONV#1"},"LastMessageId":{"S":"c"},"MessageMap":{"S":"{\"c\":{\"role\":\"user\",\"content\":\"3\",\"parent\":\"b\",\"create_time\":1700000000003},\"a\":{\"role\":\"user\",\"content\":\"1\",\"parent\":\"s\",\"create_time\":1700000000001},\"s\":{\"role\":\"system\",\"parent\":\"b\"},\"b\":{\"role\":\"assistant\",\"content\":\"2\",\"parent\":\"a\",\"create_time\":1700000000002},\"self\":{\"role\":\"user\",\"content\":\"4\",\"parent\":\"self\",\"create_time\":1700000000004}}"}})"});
    ASSERT_EQ(found.whole.size(), 1u);
    std::vector<std::string> parents;
    for (auto const& each : found.whole[0].messages)
        parents.push_back(each.id + " " + each.parent.value_or("-"));
    EXPECT_EQ(parents, (std::vector<std::string>{"a -", "b a", "c b", "self -"}));
    EXPECT_TRUE(found.unreadable.empty()) << "nothing is left out";
    ASSERT_EQ(found.changed.size(), 2u);
    EXPECT_EQ(found.changed[0],
              "u u#CONV#1, the parent of message a: it leads in a circle; the message stands at the beginning");
    chat::Principal const hana{UserId{}, "hana", auth::UserRole::user};
    auto const made = to_thread(found.whole[0], "bedrock-chat/T", hana, Timestamp());
    EXPECT_EQ(made.messages.size(), 4u);
    EXPECT_TRUE(made.left_out.empty());
}

TEST(GenuReader, PutsChatsAndTheirMessagesTogether) {
    auto const reader = genu_reader();
    auto const found = read(
        *reader,
        {R"({"id":{"S":"chat#c1"},"createdDate":{"S":"1700000000001#1"},"messageId":{"S":"m2"},"role":{"S":"assistant"},"content":{"S":"a"},"userId":{"S":"user#sub-1"},"feedback":{"S":"bad"},"llmType":{"S":"claude"}})",
         R"({"id":{"S":"chat#c1"},"createdDate":{"S":"1700000000001#0"},"messageId":{"S":"m1"},"role":{"S":"user"},"content":{"S":"q"},"userId":{"S":"user#sub-1"},"feedback":{"S":"none"}})",
         R"({"id":{"S":"user#sub-1"},"createdDate":{"S":"1700000000000"},"chatId":{"S":"chat#c1"},"title":{"S":"題"},"updatedDate":{"S":"1700000009000"}})",
         R"({"id":{"S":"chat#c1"},"createdDate":{"S":"1699999999999#0"},"messageId":{"S":"m0"},"role":{"S":"system"},"content":{"S":"短く"}})",
         R"({"id":{"S":"share#x"},"createdDate":{"S":"1"}})",
         R"({"id":{"S":"chat#c2"},"createdDate":{"S":"5#0"},"role":{"S":"user"}})"});
    ASSERT_EQ(found.gathered.size(), 1u);
    auto const& chat = found.gathered[0].conversation;
    auto const& messages = found.lines[0];
    EXPECT_EQ(chat.owner, "sub-1");
    EXPECT_EQ(chat.title, "題");
    EXPECT_EQ(chat.system_prompt, "短く");
    ASSERT_EQ(messages.size(), 2u);
    EXPECT_EQ(messages[0].text, "q");
    EXPECT_EQ(messages[0].created_at, messages[1].created_at);
    EXPECT_EQ(messages[1].model, "claude");
    EXPECT_EQ(messages[1].feedback->value, chat::Feedback::Value::down);
    EXPECT_FALSE(messages[0].feedback);
    EXPECT_EQ(reader->skipped(), 1u);
    EXPECT_EQ(found.unreadable.size(), 1u);
}

TEST(GenuReader, NamesAChatWithoutATitleByItsFirstQuestion) {
    auto const reader = genu_reader();
    auto const found = read(
        *reader,
        {R"({"id":{"S":"chat#c"},"createdDate":{"S":"2#0"},"role":{"S":"user"},"content":{"S":"later"},"userId":{"S":"user#s"}})",
         R"({"id":{"S":"chat#c"},"createdDate":{"S":"1#0"},"role":{"S":"user"},"content":{"S":"first"},"userId":{"S":"user#s"}})"});
    ASSERT_EQ(found.gathered.size(), 1u);
    EXPECT_EQ(found.gathered[0].conversation.title, "first");
    EXPECT_EQ(found.gathered[0].conversation.owner, "s")
        << "no list has it, its messages name them";
    EXPECT_EQ(found.lines[0][0].text, "first");
}

TEST(UserRole, NeedsItsUser) {
    auto const role =
        read_user_role(*parse_item_line(R"({"UserID":{"S":"u"},"Role":{"S":"先生"}})"));
    ASSERT_TRUE(role);
    EXPECT_EQ(role->role, "先生");
    EXPECT_FALSE(read_user_role(*parse_item_line(R"({"UserID":{"S":"u"}})")));
    EXPECT_FALSE(read_user_role(*parse_item_line(R"({"Role":{"S":"r"}})")));
}

TEST(ReadTime, TakesSecondsMillisecondsAndTexts) {
    auto const at = [](std::string_view value) {
        return read_time(*parse_item_line(R"({"t":)" + std::string(value) + "}"), "t");
    };
    auto const expected = Timestamp(std::chrono::milliseconds(1'700'000'000'000));
    EXPECT_EQ(at(R"({"N":"1700000000000"})"), expected);
    EXPECT_EQ(at(R"({"N":"1700000000"})"), expected);
    EXPECT_EQ(at(R"({"S":"1700000000000#3"})"), expected);
    for (auto const* wrong : {R"({"S":"soon"})", R"({"N":"-1"})", R"({"N":"1e300"})",
                              R"({"BOOL":true})", R"({"S":""})", R"({"S":"inf"})"})
        EXPECT_FALSE(at(wrong)) << wrong;
}

}  // namespace
}  // namespace kaiwa::store::foreign
