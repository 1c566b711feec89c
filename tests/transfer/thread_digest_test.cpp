#include "transfer/thread_digest.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace kaiwa::transfer {
namespace {

chat::ArchivedMessage some_message() {
    chat::ArchivedMessage archived;
    archived.message.text = "問い";
    archived.message.model = "local/x";
    archived.message.usage = llm::Usage{1, 2, std::nullopt, std::nullopt};
    archived.message.feedback = chat::Feedback{chat::Feedback::Value::up, "good"};
    archived.message.files.push_back({{}, "a", "text/plain", 3});
    return archived;
}

Sha256 digest(chat::ArchivedThread const& thread, chat::ArchivedMessage const& message) {
    ThreadDigest digest(thread);
    digest.add(message);
    return digest.value();
}

TEST(ThreadDigest, ChangesWithEverythingThatCounts) {
    using Change = std::function<void(chat::ArchivedThread&, chat::ArchivedMessage&)>;
    std::vector<Change> const changes{
        [](auto& thread, auto&) { thread.thread.title = "t"; },
        [](auto& thread, auto&) { thread.thread.archived = true; },
        [](auto& thread, auto&) { thread.deleted_at = Timestamp(); },
        [](auto& thread, auto&) { thread.thread.head = MessageId(); },
        [](auto& thread, auto&) { thread.thread.settings.parameters.temperature = 0.0; },
        [](auto& thread, auto&) { thread.owner.id.value.bytes[0] = 1; },
        [](auto&, auto& message) { message.number = 1; },
        [](auto&, auto& message) { message.request_digest = "d"; },
        [](auto&, auto& message) { message.message.text += ' '; },
        [](auto&, auto& message) { message.message.reasoning = "r"; },
        [](auto&, auto& message) { message.message.parent = MessageId(); },
        [](auto&, auto& message) { message.message.state = chat::MessageState::failed; },
        [](auto&, auto& message) { message.message.usage->cached_tokens = 0; },
        [](auto&, auto& message) { message.message.ended_at = Timestamp(); },
        [](auto&, auto& message) { message.message.feedback.reset(); },
        [](auto&, auto& message) { message.message.feedback->comment = "bad"; },
        [](auto&, auto& message) { message.message.files[0].size = 4; },
        [](auto&, auto& message) { message.message.files.clear(); },
        [](auto&, auto& message) { message.message.created_at += std::chrono::milliseconds(1); },
    };
    auto const before = digest({}, some_message());
    for (std::size_t i = 0; i < changes.size(); ++i) {
        chat::ArchivedThread thread;
        auto message = some_message();
        changes[i](thread, message);
        EXPECT_NE(digest(thread, message), before) << i;
    }
}

TEST(ThreadDigest, TakesAnAbsentTextForAnEmptyOne) {
    auto message = some_message();
    message.message.finish = "";
    EXPECT_EQ(digest({}, message), digest({}, some_message()));
}

TEST(ThreadDigest, KnowsTheOrderOfMessages) {
    auto one = some_message();
    auto two = some_message();
    two.message.text = "答え";
    ThreadDigest forth({});
    forth.add(one);
    forth.add(two);
    ThreadDigest back({});
    back.add(two);
    back.add(one);
    EXPECT_NE(forth, back);
    EXPECT_EQ(forth.messages(), 2u);
}

}  // namespace
}  // namespace kaiwa::transfer
