#include "store/dynamodb/generation_row.hpp"

#include <gtest/gtest.h>

namespace kaiwa::store::dynamodb {
namespace {

chat::LogSegment segment(std::uint64_t first, std::uint64_t last, std::string text) {
    return {first, last, fmt::format("<{}-{}>", first, last), std::move(text), {}};
}

void put(std::vector<Item>& items, chat::LogSegment const& added) {
    std::ranges::move(segment_items(GenerationId{}, added), std::back_inserter(items));
}

std::string text_of(std::vector<chat::LogSegment> const& segments) {
    std::string text;
    for (auto const& each : segments) text += each.frames + each.text;
    return text;
}

TEST(GenerationRow, WhatWasWrittenAgainAsAPartOfMoreIsReadOnce) {
    std::vector<Item> items;
    put(items, segment(1, 3, "abc"));
    put(items, segment(4, 6, "def"));    // its confirmation failed …
    put(items, segment(4, 8, "defgh"));  // … and so did this one's
    put(items, segment(4, 9, "defghi"));
    put(items, segment(10, 10, "j"));
    put(items, segment(11, 12, "kl"));  // not confirmed yet
    GenerationRow row;
    row.solid = row.shown.last_event = 10;
    EXPECT_EQ(text_of(join_segments(row, items)), "<1-3>abc<4-9>defghi<10-10>j");
    // Read from the middle of what was written again.
    items.erase(items.begin(), items.begin() + 2);
    EXPECT_EQ(text_of(join_segments(row, items)), "<4-9>defghi<10-10>j");
}

TEST(GenerationRow, WhatWasConfirmedLateIsReadThoughMoreOfItWasWrittenMeanwhile) {
    std::vector<Item> items;
    put(items, segment(1, 1, "a"));
    put(items, segment(2, 2, "b"));   // confirmed when nobody thought so any more
    put(items, segment(2, 3, "bc"));  // its confirmation was refused
    put(items, segment(3, 4, "cd"));
    GenerationRow row;
    row.solid = row.shown.last_event = 4;
    EXPECT_EQ(text_of(join_segments(row, items)), "<1-1>a<2-2>b<3-4>cd");
}

TEST(GenerationRow, APageEndsWhereTheNextSegmentSaysThatItIsPartOfTheLog) {
    std::vector<Item> items;
    GenerationRow row;
    row.solid = row.shown.last_event = 20;
    put(items, segment(1, 3, "abc"));
    EXPECT_EQ(confirmed_end(row, items), 0u);
    put(items, segment(4, 6, "def"));  // never confirmed
    EXPECT_EQ(confirmed_end(row, items), 3u);
    put(items, segment(4, 8, "defgh"));
    EXPECT_EQ(confirmed_end(row, items), 3u);
    put(items, segment(9, 9, "i"));
    EXPECT_EQ(confirmed_end(row, items), 8u);
    row.solid = 3;
    EXPECT_EQ(confirmed_end(row, items), 3u) << "as the row says";
}

TEST(GenerationRow, ALeftPartOfALargeSegmentIsNoPartOfTheLog) {
    std::vector<Item> items;
    std::string const large(500'000, 'x');
    put(items, segment(1, 5, large));
    ASSERT_GT(items.size(), 2u);
    items.resize(1);
    put(items, segment(1, 7, large + "yz"));
    GenerationRow row;
    row.solid = row.shown.last_event = 7;
    EXPECT_EQ(text_of(join_segments(row, items)), "<1-7>" + large + "yz");
}

}  // namespace
}  // namespace kaiwa::store::dynamodb
