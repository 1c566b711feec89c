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

    auto fresh = example();
    fresh.continued.reset();
    EXPECT_FALSE(parse_handover(to_text(fresh))->continued);
}

TEST(Handover, RefusesWhatIsNotWhole) {
    EXPECT_FALSE(parse_handover(""));
    EXPECT_FALSE(parse_handover("{}"));
    auto text = to_text(example());
    EXPECT_FALSE(parse_handover(text.replace(text.find("publisher"), 9, "emperor")));
}

}  // namespace
}  // namespace kaiwa::chat
