#include "chat/event_frame.hpp"

#include <gtest/gtest.h>

namespace kaiwa::chat {
namespace {

TEST(EventFrame, IsTheEventOnTheWire) {
    std::string out;
    append_delta_frame(out, 17, EventType::text, "こん\n");
    EXPECT_EQ(out, "id: 17\nevent: text\ndata: {\"delta\":\"こん\\n\"}\n\n");
    out.clear();
    append_frame(out, 18, EventType::done, R"({"finish":"stop"})");
    EXPECT_EQ(out, "id: 18\nevent: done\ndata: {\"finish\":\"stop\"}\n\n");
}

TEST(EventFrame, SplitsBackIntoWhatWasAppended) {
    std::string frames;
    append_frame(frames, 1, EventType::started, "{}");
    append_delta_frame(frames, 2, EventType::text, "a\nid: 9\n\nb");
    append_frame(frames, 3, EventType::done, "{}");
    auto const views = split_frames(frames);
    ASSERT_EQ(views.size(), 3u);
    EXPECT_EQ(views[1].number, 2u);
    EXPECT_EQ(views[1].type, "text");
    EXPECT_EQ(views[1].data, R"({"delta":"a\nid: 9\n\nb"})");
    EXPECT_EQ(std::string(views[0].whole) + std::string(views[1].whole) + std::string(views[2].whole),
              frames);
    EXPECT_EQ(frames_after(frames, 0), frames);
    EXPECT_EQ(frames_after(frames, 2), views[2].whole);
    EXPECT_EQ(frames_after(frames, 3), "");
}

TEST(EventFrame, IgnoresWhatIsNoFrame) {
    EXPECT_TRUE(split_frames("id: x\nevent: text\ndata: {}\n\n").empty());
    EXPECT_TRUE(split_frames("id: 1\nevent: text\ndata: {}\n").empty());
    EXPECT_TRUE(split_frames(": comment\n\n").empty());
}

}  // namespace
}  // namespace kaiwa::chat
