#include "tests/conformance/harness.hpp"

#include <algorithm>

namespace kaiwa::conformance {
namespace {

/// A question beside the first one.
chat::NewTurn at_the_root(chat::NewTurn turn) {
    turn.parent.kind = chat::TurnParent::Kind::root;
    return turn;
}

std::vector<std::string> texts(std::vector<chat::Message> const& messages) {
    std::vector<std::string> out;
    for (auto const& message : messages) out.push_back(message.text);
    return out;
}

}  // namespace

TEST_P(ThreadArchiveTest, ListsEverybodysThreadsAlsoDeletedOnes) {
    std::vector<ThreadId> made{make_thread(ann), make_thread(bob, "title"), make_thread(bob)};
    ASSERT_TRUE(run(store().delete_thread(bob, made[2])));
    auto listed = list(harness->archive());
    std::ranges::sort(made);
    std::ranges::sort(listed);
    EXPECT_EQ(listed, made);
    auto const found = run(harness->archive().find(made.back()));
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(run(harness->archive().find(make_id<ThreadId>())).error().code, Errc::not_found);
}

TEST_P(ThreadArchiveTest, ListsMoreThanOnePage) {
    constexpr std::size_t many = 130;
    for (std::size_t i = 0; i < many; ++i) make_thread(ann);
    EXPECT_EQ(list(harness->archive()).size(), many);
}

TEST_P(ThreadArchiveTest, SaysWhoseAThreadIsAndWhetherItIsDeleted) {
    auto const thread = make_thread(ann, "旅行");
    ask(ann, thread, "どこへ?");
    auto found = run(harness->archive().find(thread));
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->owner.id, ann.id);
    EXPECT_EQ(found->thread.title, "旅行");
    EXPECT_TRUE(found->thread.running);
    EXPECT_FALSE(found->deleted_at);
    harness->clock.advance(std::chrono::hours(1));
    ASSERT_TRUE(run(store().delete_thread(ann, thread)));
    found = run(harness->archive().find(thread));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->deleted_at, harness->clock.now());
    EXPECT_FALSE(found->thread.running);
    EXPECT_EQ(read(harness->archive(), thread).size(), 2u);
}

TEST_P(ThreadArchiveTest, GivesAllBranchesParentsFirst) {
    auto const thread = make_thread(ann);
    auto const first = ask(ann, thread, "one");
    answer(first, "1");
    auto const second = run(store().begin_turn(ann, thread, at_the_root(make_turn("two"))));
    ASSERT_TRUE(second);
    answer(*second, "2");
    ASSERT_TRUE(
        run(store().put_feedback(ann, thread, first.reply, {chat::Feedback::Value::down, "短い"})));
    auto const messages = read(harness->archive(), thread);
    ASSERT_EQ(messages.size(), 4u);
    for (std::size_t i = 0; i < messages.size(); ++i) EXPECT_EQ(messages[i].number, i);
    EXPECT_EQ(messages[0].message.text, "one");
    EXPECT_EQ(messages[0].request_digest, "digest of one");
    EXPECT_EQ(messages[1].message.parent, first.message);
    EXPECT_EQ(messages[1].message.generation, first.generation);
    EXPECT_EQ(messages[1].message.feedback->comment, "短い");
    EXPECT_EQ(messages[2].message.text, "two");
    EXPECT_FALSE(messages[2].message.parent);
}

TEST_P(ThreadArchiveTest, OpensNobodyElsesThread) {
    auto& archive = harness->archive();
    auto thread = *run(archive.find(make_thread(ann)));
    EXPECT_TRUE(run(archive.open_thread(thread)));
    thread.owner = bob;
    EXPECT_EQ(run(archive.open_thread(thread)).error().code, Errc::conflict);
    ASSERT_TRUE(run(store().delete_thread(ann, thread.thread.id)));
    EXPECT_EQ(run(archive.open_thread(thread)).error().code, Errc::conflict);
}

TEST_P(ThreadArchiveTest, AnAnswerThatWasNeverEndedCountsAsInterrupted) {
    auto const thread = make_thread(ann);
    auto const ticket = ask(ann, thread, "q");
    ASSERT_TRUE(run(store().append_log({ticket.generation, ticket.epoch},
                                       text_segment(1, {"so ", "far"}), 4096)));
    harness->clock.advance(std::chrono::hours(1));
    auto const messages = read(harness->archive(), thread);
    ASSERT_EQ(messages.size(), 2u);
    EXPECT_EQ(messages[1].message.state, chat::MessageState::interrupted);
    EXPECT_EQ(messages[1].message.text, "so far");
}

TEST_P(ThreadArchiveTest, StoresWhatItGaveAsOftenAsItIsTold) {
    auto const thread = make_thread(ann, "枝");
    auto const file = make_id<FileId>();
    ASSERT_TRUE(run(store().add_file(ann, {file, "図.png", "image/png", 7})));
    auto const long_text = std::string(300'000, 'x') + "長い終わり";
    auto turn = make_turn(long_text);
    turn.files = {file};
    auto const first = run(store().begin_turn(ann, thread, turn));
    ASSERT_TRUE(first);
    answer(*first, "一");
    harness->clock.advance(std::chrono::seconds(1));
    auto const second = run(store().begin_turn(ann, thread, at_the_root(make_turn("別の問い"))));
    ASSERT_TRUE(second);
    answer(*second, "二");
    ASSERT_TRUE(
        run(store().put_feedback(ann, thread, second->reply, {chat::Feedback::Value::up, "good"})));
    chat::ThreadPatch patch;
    patch.settings.emplace();
    patch.settings->set.model = "local/x";
    patch.settings->set.temperature = 0.1;
    patch.settings->set.system_prompt = "be kind";
    ASSERT_TRUE(run(store().update_thread(ann, thread, patch)));
    auto const source = *run(harness->archive().find(thread));
    auto const messages = read(harness->archive(), thread);

    auto const other = GetParam().make();
    auto& archive = other->archive();
    for (int times = 0; times < 2; ++times) {
        ASSERT_TRUE(run(archive.open_thread(source)));
        ASSERT_TRUE(run(archive.add_messages(source, {messages.begin(), messages.begin() + 2})));
        ASSERT_TRUE(run(archive.add_messages(source, messages)));
        if (times == 0) EXPECT_FALSE(run(archive.find(thread))->thread.head);
        auto const closed = run(archive.close_thread(source));
        ASSERT_TRUE(closed) << closed.error().message;
    }
    auto const stored = run(archive.find(thread));
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->thread.settings, source.thread.settings);
    EXPECT_EQ(stored->thread.updated_at, source.thread.updated_at);
    auto const copies = read(archive, thread);
    ASSERT_EQ(copies.size(), 4u);
    for (std::size_t i = 0; i < copies.size(); ++i) {
        EXPECT_EQ(copies[i].message.text, messages[i].message.text);
        EXPECT_EQ(copies[i].message.created_at, messages[i].message.created_at);
        EXPECT_EQ(copies[i].message.ended_at, messages[i].message.ended_at);
        EXPECT_EQ(copies[i].request_digest, messages[i].request_digest);
    }
    auto& chats = other->chats();
    chat::MessageQuery query;
    auto shown = run(chats.messages(ann, thread, query));
    ASSERT_TRUE(shown);
    EXPECT_EQ(texts(shown->items), (std::vector<std::string>{"別の問い", "二"}));
    EXPECT_EQ(shown->items[0].siblings, (std::vector<MessageId>{first->message, second->message}));
    EXPECT_EQ(shown->items[1].feedback->comment, "good");
    query.from = first->reply;
    shown = run(chats.messages(ann, thread, query));
    ASSERT_TRUE(shown);
    ASSERT_EQ(shown->items.size(), 2u);
    EXPECT_EQ(shown->items[0].text, long_text);
    ASSERT_EQ(shown->items[0].files.size(), 1u);
    EXPECT_EQ(shown->items[0].files[0].name, "図.png");
    EXPECT_TRUE(run(chats.file(ann, file)));

    // It lives on: the events are over, keys still stand for their questions, turns follow.
    EXPECT_EQ(run(chats.read_log(ann, first->generation, 0)).error().code, Errc::gone);
    EXPECT_EQ(run(chats.begin_turn(ann, thread, turn))->outcome,
              chat::TurnTicket::Outcome::repeated);
    auto const next = run(chats.begin_turn(ann, thread, make_turn("続き")));
    ASSERT_TRUE(next) << next.error().message;
    EXPECT_EQ(next->parent, second->reply);
    auto const hits = run(other->search().search(ann, "別の", 10, {}));
    ASSERT_TRUE(hits);
    EXPECT_EQ(hits->items.size(), 1u);
}

TEST_P(ThreadArchiveTest, ADeletedThreadComesBackWhenItIsRestored) {
    auto const thread = make_thread(ann, "gone");
    answer(ask(ann, thread, "q"), "a");
    ASSERT_TRUE(run(store().delete_thread(ann, thread)));
    auto const source = *run(harness->archive().find(thread));
    auto const messages = read(harness->archive(), thread);
    auto const other = GetParam().make();
    ASSERT_TRUE(run(other->archive().open_thread(source)));
    ASSERT_TRUE(run(other->archive().add_messages(source, messages)));
    ASSERT_TRUE(run(other->archive().close_thread(source)));
    EXPECT_EQ(run(other->chats().thread(ann, thread)).error().code, Errc::not_found);
    auto const restored = run(other->chats().restore_thread(ann, thread));
    ASSERT_TRUE(restored) << restored.error().message;
    EXPECT_EQ(restored->title, "gone");
    EXPECT_EQ(run(other->chats().messages(ann, thread, {}))->items.size(), 2u);
}

TEST_P(ThreadArchiveTest, RefusesAMessageWhoseParentIsNotThere) {
    auto const thread = make_thread(ann);
    answer(ask(ann, thread, "q"), "a");
    auto const source = *run(harness->archive().find(thread));
    auto const messages = read(harness->archive(), thread);
    auto const other = GetParam().make();
    ASSERT_TRUE(run(other->archive().open_thread(source)));
    auto added = run(other->archive().add_messages(source, {messages[1]}));
    if (added) added = run(other->archive().close_thread(source));
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().code, Errc::invalid_argument);
}

}  // namespace kaiwa::conformance
