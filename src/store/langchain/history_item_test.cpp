#include "store/langchain/history_item.hpp"

#include <gtest/gtest.h>

namespace kaiwa::store::langchain {
namespace {

using Kind = chat::Remembered::Kind;
using Said = std::vector<chat::Remembered>;

Result<Said> read(std::string_view history) {
    auto const parsed =
        *parse_json(R"({"SessionId":{"S":"s-1"},"History":)" + std::string(history) + "}");
    auto const item = dynamodb::item_from_json(parsed);
    if (!item) return std::unexpected(item.error());
    auto messages = read_history(*item);
    if (!messages) return std::unexpected(messages.error());
    Said said;
    for (auto& message : *messages)
        if (message.known) said.push_back(std::move(message.said));
    return said;
}

std::string element(std::string_view type, std::string_view content) {
    return R"({"M":{"type":{"S":")" + std::string(type) + R"("},"data":{"M":{"content":)" +
           std::string(content) + R"(,"type":{"S":")" + std::string(type) + R"("}}}}})";
}

TEST(HistoryItem, ReadsWhatLangChainWrites) {
    EXPECT_EQ(
        *read(
            R"({"L":[{"M":{"type":{"S":"human"},"data":{"M":{"type":{"S":"human"},"content":{"S":"こんばんは"},"additional_kwargs":{"M":{}},"response_metadata":{"M":{}},"name":{"NULL":true},"id":{"NULL":true},"example":{"BOOL":false}}}}}]})"),
        (Said{{Kind::user, "こんばんは"}}));
}

TEST(HistoryItem, ReadsEveryKindOfMessageAndContent) {
    auto const list =
        R"({"L":[)" + element("system", R"({"S":"be kind"})") + "," +
        element(
            "human",
            R"({"L":[{"S":"a"},{"M":{"type":{"S":"text"},"text":{"S":"b"}}},{"M":{"type":{"S":"image_url"}}}]})") +
        "," + element("AIMessageChunk", R"({"S":"c"})") + "," +
        element("tool", R"({"S":"hidden"})") + "," + element("ai", R"({"N":"1.5"})") + "]}";
    EXPECT_EQ(*read(list), (Said{{Kind::instruction, "be kind"},
                                 {Kind::user, "ab"},
                                 {Kind::assistant, "c"},
                                 {Kind::assistant, ""}}));
}

TEST(HistoryItem, LeavesAloneWhatNobodyKnows) {
    EXPECT_TRUE(
        read(R"({"L":[{"M":{"unknown":{"N":"1"}}},{"M":{"type":{"S":"new"},"data":{"M":{}}}}]})")
            ->empty());
    EXPECT_TRUE(read_history(Item())->empty());
}

TEST(HistoryItem, RefusesWhatIsNoListOfMessages) {
    for (auto const* history : {R"({"S":"x"})", R"({"N":"7"})", R"({"NULL":true})",
                                R"({"L":[{"S":"x"}]})", R"({"L":[{"NULL":true}]})", R"({"M":{}})"})
        EXPECT_FALSE(read(history)) << history;
}

TEST(HistoryItem, ReadsWhatItWrites) {
    Item const item{
        {"History", Value::List{human_element("色は?", "q-1"), ai_element("青です。", "a-1")}}};
    auto const messages = *read_history(item);
    ASSERT_EQ(messages.size(), 2u);
    EXPECT_EQ(messages[0].said, (chat::Remembered{Kind::user, "色は?"}));
    EXPECT_EQ(messages[1].said, (chat::Remembered{Kind::assistant, "青です。"}));
    EXPECT_EQ(messages[1].id, "a-1");
    auto const& data = *dynamodb::find_map(*item.at("History").if_list()->at(1).if_map(), "data");
    for (auto const* name : {"content", "additional_kwargs", "response_metadata", "type", "name",
                             "id", "tool_calls", "invalid_tool_calls", "usage_metadata"})
        EXPECT_TRUE(data.contains(name)) << name;
}

TEST(HistoryItem, IsCutFromItsFrontAtAQuestion) {
    Value::List history;
    for (int i = 0; i < 10; ++i) {
        history.push_back(human_element(std::string(1000, 'q') + std::to_string(i), "q"));
        history.push_back(ai_element(std::string(1000, 'a') + std::to_string(i), "a"));
    }
    EXPECT_EQ(cut(history, 1 << 20).size(), 20u);
    auto const some = cut(history, 10'000);
    ASSERT_LT(some.size(), 12u);
    ASSERT_GT(some.size(), 2u);
    EXPECT_EQ(some.size() % 2, 0u) << "it begins with a question";
    EXPECT_EQ(some.back(), history.back());
    EXPECT_TRUE(cut(history, 10).empty());
}

}  // namespace
}  // namespace kaiwa::store::langchain
