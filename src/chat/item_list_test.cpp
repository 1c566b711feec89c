#include "chat/item_list.hpp"

#include <gtest/gtest.h>

namespace kaiwa::chat {
namespace {

TEST(ItemList, ReplacesAnItemOfTheSameIdInItsPlace) {
    ItemList items;
    EXPECT_EQ(items.json(), "[]");
    EXPECT_TRUE(items.empty());
    EXPECT_TRUE(items.put(R"({"id":"a","state":"running"})"));
    EXPECT_TRUE(items.put(R"({"id":1})"));
    EXPECT_TRUE(items.put(R"({"id":"a","state":"done"})"));
    EXPECT_EQ(items.json(), R"([{"id":"a","state":"done"},{"id":1}])");
}

TEST(ItemList, KeepsEveryItemWithoutAnId) {
    ItemList items;
    EXPECT_TRUE(items.put(R"({"n":1})"));
    EXPECT_TRUE(items.put(R"({"n":1})"));
    EXPECT_EQ(items.json(), R"([{"n":1},{"n":1}])");
}

TEST(ItemList, RefusesWhatIsNoObject) {
    ItemList items;
    for (auto const* data : {"", "1", "[]", "{", "{} {}"}) EXPECT_FALSE(items.put(data)) << data;
    EXPECT_TRUE(items.empty());
}

}  // namespace
}  // namespace kaiwa::chat
