#include "tests/conformance/harness.hpp"

#include "chat/event_frame.hpp"

#include <algorithm>
#include <iterator>

namespace kaiwa::conformance {

chat::LogSegment text_segment(std::uint64_t first, std::vector<std::string> const& deltas) {
    chat::LogSegment segment;
    segment.first = first;
    segment.last = first + deltas.size() - 1;
    for (auto const& delta : deltas) {
        chat::append_delta_frame(segment.frames, first++, chat::EventType::text, delta);
        segment.text += delta;
    }
    return segment;
}

ThreadId ChatStoreTest::make_thread(auth::Principal const& who, std::string title) {
    auto const made = run(store().create_thread(who, {make_id<ThreadId>(), std::move(title), {}}));
    EXPECT_TRUE(made) << made.error().message;
    return made->id;
}

chat::NewTurn ChatStoreTest::make_turn(std::string text) {
    chat::NewTurn turn;
    turn.question = make_id<MessageId>();
    turn.reply = make_id<MessageId>();
    turn.generation = make_id<GenerationId>();
    turn.request_digest = "digest of " + text;
    turn.text = std::move(text);
    turn.default_model = "local/test";
    return turn;
}

chat::TurnTicket ChatStoreTest::ask(auth::Principal const& who, ThreadId thread, std::string text) {
    auto ticket = run(store().begin_turn(who, thread, make_turn(std::move(text))));
    EXPECT_TRUE(ticket) << ticket.error().message;
    return ticket ? *ticket : chat::TurnTicket{};
}

void ChatStoreTest::answer(chat::TurnTicket const& ticket, std::string text) {
    chat::Ending ending;
    ending.last_segment = text_segment(1, {text});
    ending.last_segment.last = 2;
    chat::append_frame(ending.last_segment.frames, 2, chat::EventType::done,
                       R"({"finish":"stop"})");
    ending.finish = "stop";
    ending.text = std::move(text);
    auto const ended =
        run(store().end_generation({ticket.generation, ticket.epoch}, std::move(ending)));
    EXPECT_TRUE(ended) << ended.error().message;
}

std::vector<chat::Message> ChatStoreTest::branch(auth::Principal const& who, ThreadId thread) {
    auto page =
        run(store().messages(who, thread, {.from = std::nullopt, .limit = 1'000, .before = {}}));
    EXPECT_TRUE(page) << page.error().message;
    return page ? std::move(page->items) : std::vector<chat::Message>();
}

std::vector<ThreadId> ThreadArchiveTest::list(chat::ThreadArchive& archive) {
    std::vector<ThreadId> out;
    std::string after;
    for (;;) {
        auto page = run(archive.list(after));
        EXPECT_TRUE(page) << page.error().message;
        if (!page) return out;
        out.insert(out.end(), page->threads.begin(), page->threads.end());
        if (!page->next) return out;
        after = *page->next;
    }
}

std::vector<chat::ArchivedMessage> ThreadArchiveTest::read(chat::ThreadArchive& archive,
                                                           ThreadId thread) {
    std::vector<chat::ArchivedMessage> out;
    auto reader = run(archive.read(thread));
    EXPECT_TRUE(reader) << reader.error().message;
    if (!reader) return out;
    for (;;) {
        auto some = run((*reader)->next());
        EXPECT_TRUE(some) << some.error().message;
        if (!some || some->empty()) return out;
        std::ranges::move(*some, std::back_inserter(out));
    }
}

auth::User UserStoreTest::add_user(std::string username, auth::UserRole role) {
    auth::User user;
    user.id = make_id<UserId>();
    user.username = std::move(username);
    user.role = role;
    user.created_at = harness->clock.now();
    auto const added = run(store().add_user({user, "hash of " + user.username}));
    EXPECT_TRUE(added) << added.error().message;
    return user;
}

auth::Session UserStoreTest::add_session(UserId user, std::string token_hash) {
    auto const now = harness->clock.now();
    auth::Session session{make_id<SessionId>(),         user,       std::move(token_hash), now, now,
                          now + std::chrono::hours(24), "a browser"};
    auto const added = run(store().add_session(session, std::nullopt));
    EXPECT_TRUE(added) << added.error().message;
    return session;
}

UserStoreTest::Belongings UserStoreTest::give_belongings(auth::Principal const& who) {
    add_session(who.id, std::string(32, '1'));
    auth::ApiKey const key{make_id<KeyId>(),     "k", who.id, std::string(32, 'k'), "kw_a",
                           harness->clock.now(), {}};
    EXPECT_TRUE(run(store().add_key(key)));
    Belongings made{make_id<ThreadId>(), make_id<FileId>()};
    EXPECT_TRUE(run(harness->chats().create_thread(who, {made.thread, "t", {}})));
    EXPECT_TRUE(run(harness->chats().add_file(who, {made.file, "f", "text/plain", 1})));
    return made;
}

chat::TurnTicket MessageSearchTest::say(auth::Principal const& who, ThreadId thread,
                                        std::string question, std::string answer_text) {
    harness->clock.advance(std::chrono::seconds(1));
    auto const ticket = ask(who, thread, std::move(question));
    answer(ticket, std::move(answer_text));
    return ticket;
}

std::vector<chat::SearchHit> MessageSearchTest::find(auth::Principal const& who,
                                                     std::string words) {
    std::vector<chat::SearchHit> hits;
    std::string after;
    int pages = 0;
    do {
        if (++pages > 50) {
            ADD_FAILURE() << "a search of " << words << " does not end";
            break;
        }
        auto page = run(harness->search().search(who, words, 100, std::move(after)));
        EXPECT_TRUE(page) << page.error().message;
        if (!page) break;
        std::ranges::move(page->items, std::back_inserter(hits));
        // A slow machine is no failure: the rest is on the next page.
        after = page->partial ? page->next.value_or(std::string()) : std::string();
    } while (!after.empty());
    return hits;
}

}  // namespace kaiwa::conformance
