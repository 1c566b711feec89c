#include "server/foreign_items.hpp"

#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace kaiwa::server {
namespace {

using kaiwa::test::run_task;

std::unique_ptr<ForeignItems> items(std::string text) {
    return items_in(std::make_unique<std::istringstream>(std::move(text)), "f");
}

TEST(ItemsInLines, AreGivenOneAfterTheOther) {
    auto const given = items("{\"Item\":{\"a\":{\"S\":\"1\"}}}\n\n \r\n{\"a\":{\"S\":\"2\"}}");
    EXPECT_EQ(store::dynamodb::string_or(**run_task(given->next()), "a"), "1");
    EXPECT_EQ(store::dynamodb::string_or(**run_task(given->next()), "a"), "2");
    EXPECT_FALSE(*run_task(given->next()));
}

TEST(ItemsInLines, GoOnAfterOneThatCannotBeRead) {
    auto const given = items("{}\nno json\n" + std::string((std::size_t{16} << 20) + 5, 'x') +
                             "\n{\"a\":{\"S\":\"2\"}}\n");
    EXPECT_TRUE(*run_task(given->next()));
    auto const wrong = run_task(given->next());
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().message, "f:2: the line is no JSON object");
    auto const long_one = run_task(given->next());
    ASSERT_FALSE(long_one);
    EXPECT_EQ(long_one.error().message, "f:3: the line is longer than an item");
    EXPECT_TRUE(*run_task(given->next()));
    EXPECT_FALSE(*run_task(given->next()));
}

}  // namespace
}  // namespace kaiwa::server
