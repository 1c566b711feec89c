#include "chat/handover.hpp"

#include "base/random.hpp"

#include <gtest/gtest.h>

namespace kaiwa::chat {
namespace {

template <class Id>
Id id(std::uint8_t last) {
    Id made;
    made.value.bytes[15] = last;
    return made;
}

Handover example() {
    return {{id<UserId>(1), "hana", auth::UserRole::publisher},
            id<ThreadId>(2),
            id<MessageId>(3),
            id<MessageId>(4),
            id<MessageId>(5),
            "会 \"話\""};
}

TEST(Handover, ComesBackAsItWas) {
    auto const back = parse_handover(to_text(example()));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->who.id, id<UserId>(1));
    EXPECT_EQ(back->who.username, "hana");
    EXPECT_EQ(back->who.role, auth::UserRole::publisher);
    EXPECT_EQ(back->thread, id<ThreadId>(2));
    EXPECT_EQ(back->question, id<MessageId>(3));
    EXPECT_EQ(back->reply, id<MessageId>(4));
    EXPECT_EQ(back->continued, id<MessageId>(5));
    EXPECT_EQ(back->title, "会 \"話\"");

    EXPECT_FALSE(back->remembered);
    EXPECT_EQ(back->history_id, "");

    auto fresh = example();
    fresh.continued.reset();
    EXPECT_FALSE(parse_handover(to_text(fresh))->continued);
}

TEST(Handover, CarriesWhatOthersRemember) {
    using Kind = Remembered::Kind;
    auto handover = example();
    handover.history_id = "s/1 会";
    handover.remembered = {{Kind::instruction, "丁寧に"}, {Kind::user, ""}, {Kind::assistant, "\"x\""}};
    auto const back = parse_handover(to_text(handover));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->remembered, handover.remembered);
    EXPECT_EQ(back->history_id, "s/1 会");
    handover.remembered.emplace();
    EXPECT_EQ(parse_handover(to_text(handover))->remembered, std::vector<Remembered>());
}

TEST(Handover, RefusesWhatIsNotWhole) {
    EXPECT_FALSE(parse_handover(""));
    EXPECT_FALSE(parse_handover("{}"));
    auto text = to_text(example());
    EXPECT_FALSE(parse_handover(text.replace(text.find("publisher"), 9, "emperor")));
    auto remembering = example();
    remembering.remembered = {{Remembered::Kind::user, "x"}};
    text = to_text(remembering);
    EXPECT_FALSE(parse_handover(text.replace(text.find("\"kind\":\"user\""), 13, "\"kind\":\"boss\"")));
}

}  // namespace
}  // namespace kaiwa::chat
