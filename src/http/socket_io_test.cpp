#include "http/socket_io.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace kaiwa::http {
namespace {

void fill(ReadBuffer& buffer, std::span<char> room, char with) {
    std::ranges::fill(room, with);
    buffer.commit(room.size());
}

TEST(ReadBuffer, HasRoomThoughItIsFull) {
    ReadBuffer buffer;
    fill(buffer, buffer.room(16), 'a');
    fill(buffer, buffer.room_for_waiting(8), 'b');  // a wait that is filled to its last byte
    ASSERT_EQ(buffer.size(), 24u);
    auto const room = buffer.room(16);
    EXPECT_GT(room.size(), 0u);
    fill(buffer, room, 'c');
    EXPECT_TRUE(buffer.view().starts_with(std::string(16, 'a') + std::string(8, 'b') + "c"));
}

TEST(ReadBuffer, UsesTheRoomOfWhatWasConsumedBeforeItGrows) {
    ReadBuffer buffer;
    fill(buffer, buffer.room(16), 'a');
    buffer.consume(10);
    EXPECT_EQ(buffer.room(16).size(), 10u);
    EXPECT_EQ(buffer.view(), "aaaaaa");
}

}  // namespace
}  // namespace kaiwa::http
