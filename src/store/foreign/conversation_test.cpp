#include "store/foreign/conversation.hpp"

#include <gtest/gtest.h>

namespace kaiwa::store::foreign {
namespace {

using chat::MessageRole;

constexpr Timestamp now{std::chrono::milliseconds(1'790'000'000'000)};

auth::Principal hana() {
    return {UserId{Uuid{{1}}}, "hana", auth::UserRole::user};
}

ForeignMessage message(std::string id, std::optional<std::string> parent, MessageRole role,
                       std::string text) {
    ForeignMessage out;
    out.id = std::move(id);
    out.parent = std::move(parent);
    out.role = role;
    out.text = std::move(text);
    return out;
}

Conversation conversation() {
    Conversation out;
    out.id = "c-1";
    out.messages = {message("2", "1", MessageRole::assistant, "青です。"),
                    message("1", std::nullopt, MessageRole::user, "色は?"),
                    message("3", "1", MessageRole::assistant, "碧です。")};
    return out;
}

TEST(ForeignConversation, BecomesAThreadWithParentsFirst) {
    auto const made = to_thread(conversation(), "langchain/T", hana(), now);
    ASSERT_EQ(made.messages.size(), 3u);
    EXPECT_EQ(made.messages[0].message.text, "色は?");
    EXPECT_EQ(made.messages[1].message.parent, made.messages[0].message.id);
    EXPECT_EQ(made.messages[2].message.parent, made.messages[0].message.id);
    EXPECT_EQ(made.messages[2].number, 2u);
    EXPECT_EQ(made.thread.thread.title, "色は?");
    EXPECT_EQ(made.thread.thread.head, made.messages[2].message.id);
    EXPECT_EQ(made.thread.owner.username, "hana");
    EXPECT_TRUE(made.left_out.empty());
}

TEST(ForeignConversation, BecomesTheSameThreadEachTimeAndAnotherForSomebodyElse) {
    auto const one = to_thread(conversation(), "langchain/T", hana(), now);
    auto const again = to_thread(conversation(), "langchain/T", hana(), now + std::chrono::days(1));
    EXPECT_EQ(one.thread.thread.id, again.thread.thread.id);
    EXPECT_EQ(one.messages[1].message.id, again.messages[1].message.id);
    EXPECT_NE(to_thread(conversation(), "genu/T", hana(), now).thread.thread.id,
              one.thread.thread.id);
    auto other = hana();
    other.id.value.bytes[0] = 2;
    EXPECT_NE(to_thread(conversation(), "langchain/T", other, now).thread.thread.id,
              one.thread.thread.id);
}

TEST(ForeignConversation, ShowsTheBranchThatWasShown) {
    auto shown = conversation();
    shown.head = "2";
    auto const made = to_thread(shown, "s", hana(), now);
    EXPECT_EQ(made.thread.thread.head, made.messages[1].message.id);
    shown.head = "nowhere";
    EXPECT_EQ(to_thread(shown, "s", hana(), now).thread.thread.head, made.messages[2].message.id);
}

TEST(ForeignConversation, LeavesOutCirclesLostMessagesAndRepeatedIds) {
    auto broken = conversation();
    broken.messages.push_back(message("a", "b", MessageRole::user, "circle"));
    broken.messages.push_back(message("b", "a", MessageRole::user, "circle"));
    broken.messages.push_back(message("c", "gone", MessageRole::user, "lost"));
    broken.messages.push_back(message("1", std::nullopt, MessageRole::user, "twice"));
    broken.messages.push_back(message("self", "self", MessageRole::user, "its own"));
    auto const made = to_thread(broken, "s", hana(), now);
    EXPECT_EQ(made.messages.size(), 3u);
    EXPECT_EQ(made.left_out.size(), 5u);
}

TEST(ForeignConversation, TimesNeverRunBackwards) {
    auto odd = conversation();
    odd.created_at = now - std::chrono::hours(1);
    odd.messages[1].created_at = now;
    odd.messages[0].created_at = now - std::chrono::hours(5);
    auto const made = to_thread(odd, "s", hana(), now + std::chrono::days(3));
    EXPECT_EQ(made.messages[0].message.created_at, now);
    EXPECT_EQ(made.messages[1].message.created_at, now);
    EXPECT_EQ(made.thread.thread.created_at, now - std::chrono::hours(1));
    EXPECT_EQ(made.thread.thread.updated_at, now);
}

TEST(ForeignConversation, ComesInWithoutNulCharacters) {
    auto with_nul = conversation();
    with_nul.title = std::string("a\0b", 3);
    with_nul.system_prompt = std::string("c\0d", 3);
    with_nul.messages[1].text = std::string("e\0f", 3);
    auto const made = to_thread(with_nul, "s", hana(), now);
    EXPECT_EQ(made.thread.thread.title, "ab");
    EXPECT_EQ(made.thread.thread.settings.system_prompt, "cd");
    EXPECT_EQ(made.messages[0].message.text, "ef");
}

TEST(ForeignConversation, MayBeEmpty) {
    auto const made = to_thread(Conversation{}, "s", hana(), now);
    EXPECT_TRUE(made.messages.empty());
    EXPECT_FALSE(made.thread.thread.head);
}

}  // namespace
}  // namespace kaiwa::store::foreign
