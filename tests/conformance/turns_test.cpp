#include "tests/conformance/harness.hpp"

#include <set>

namespace kaiwa::conformance {

using chat::MessageRole;
using chat::MessageState;
using chat::TurnTicket;

TEST_P(ChatStoreTest, FindsTheTicketThatARepeatWouldGet) {
    auto const thread = make_thread(ann);
    auto const turn = make_turn("one");
    auto const find = [&](auth::Principal const& who, MessageId key, std::string digest) {
        return run(store().find_ticket(who, thread, key, std::move(digest)));
    };
    auto const before = find(ann, turn.question, turn.request_digest);
    ASSERT_TRUE(before) << before.error().message;
    EXPECT_FALSE(*before);

    auto const ticket = run(store().begin_turn(ann, thread, turn));
    ASSERT_TRUE(ticket);
    auto const after = find(ann, turn.question, turn.request_digest);
    ASSERT_TRUE(after && *after);
    EXPECT_EQ((*after)->outcome, chat::TurnTicket::Outcome::repeated);
    EXPECT_EQ((*after)->message, turn.question);
    EXPECT_EQ((*after)->reply, turn.reply);
    EXPECT_EQ((*after)->generation, turn.generation);
    EXPECT_EQ(find(ann, turn.question, "another").error().reason, "idempotency_conflict");
    EXPECT_EQ(find(bob, turn.question, turn.request_digest).error().code, Errc::not_found);
    answer(*ticket, "answer");

    chat::NewReply const reply{.message = turn.reply,
                               .reply = make_id<MessageId>(),
                               .generation = make_id<GenerationId>(),
                               .default_model = "test/model",
                               .settings = {},
                               .request_digest = "digest of the reply"};
    ASSERT_TRUE(run(store().begin_reply(ann, thread, reply)));
    auto const again = find(ann, reply.reply, reply.request_digest);
    ASSERT_TRUE(again && *again);
    EXPECT_EQ((*again)->message, turn.question);
    EXPECT_EQ((*again)->generation, reply.generation);
}

TEST_P(ChatStoreTest, ATurnStoresQuestionPendingAnswerGenerationHeadSettingsAndTitle) {
    auto const thread = make_thread(ann);
    harness->clock.advance(std::chrono::seconds(5));
    auto turn = make_turn("こんにちは");
    turn.title = "こんにちは";
    turn.settings.model = "local/qwen3";
    auto const ticket = run(store().begin_turn(ann, thread, turn));
    ASSERT_TRUE(ticket) << ticket.error().message;
    EXPECT_EQ(ticket->outcome, TurnTicket::Outcome::created);
    EXPECT_EQ(ticket->thread, thread);
    EXPECT_EQ(ticket->message, turn.question);
    EXPECT_EQ(ticket->reply, turn.reply);
    EXPECT_EQ(ticket->generation, turn.generation);
    EXPECT_TRUE(ticket->titled);
    EXPECT_EQ(ticket->settings.model, "local/qwen3");
    EXPECT_FALSE(ticket->parent);

    auto const shown = run(store().thread(ann, thread));
    ASSERT_TRUE(shown);
    EXPECT_EQ(shown->head, turn.reply);
    EXPECT_EQ(shown->title, "こんにちは");
    EXPECT_EQ(shown->settings.model, "local/qwen3");
    EXPECT_EQ(shown->updated_at, harness->clock.now());
    EXPECT_TRUE(shown->running);
    EXPECT_TRUE(run(store().threads(ann, {}))->items.at(0).running);

    auto const messages = branch(ann, thread);
    ASSERT_EQ(messages.size(), 2u);
    EXPECT_EQ(messages[0].role, MessageRole::user);
    EXPECT_EQ(messages[0].state, MessageState::complete);
    EXPECT_EQ(messages[0].text, "こんにちは");
    EXPECT_FALSE(messages[0].parent);
    EXPECT_FALSE(messages[0].generation);
    EXPECT_FALSE(messages[0].model);
    EXPECT_EQ(messages[1].role, MessageRole::assistant);
    EXPECT_EQ(messages[1].state, MessageState::pending);
    EXPECT_EQ(messages[1].parent, turn.question);
    EXPECT_EQ(messages[1].generation, turn.generation);
    EXPECT_EQ(messages[1].model, "local/qwen3");
    EXPECT_EQ(messages[1].depth, 1);
    EXPECT_EQ(messages[1].siblings, std::vector{turn.reply});

    auto const generation = run(store().generation(ann, turn.generation));
    ASSERT_TRUE(generation);
    EXPECT_EQ(generation->state, chat::GenerationState::running);
    EXPECT_EQ(generation->reply, turn.reply);
    EXPECT_EQ(generation->thread, thread);
    EXPECT_EQ(generation->epoch, ticket->epoch);
    EXPECT_GT(generation->lease_until, harness->clock.now());
}

TEST_P(ChatStoreTest, ATurnChangesTheSettingsThatItNamesAndTellsWhatHolds) {
    auto const thread = make_id<ThreadId>();
    chat::NewThread wanted{thread, "", {}};
    wanted.settings.system_prompt = "短く";
    wanted.settings.parameters.temperature = 0.5;
    ASSERT_TRUE(run(store().create_thread(ann, wanted)));

    auto turn = make_turn("one");
    turn.settings.temperature = 0.25;
    auto const first = run(store().begin_turn(ann, thread, turn));
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(first->settings.model, "local/test");
    EXPECT_EQ(first->settings.parameters.temperature, 0.25);
    EXPECT_EQ(first->settings.system_prompt, "短く");
    EXPECT_EQ(run(store().thread(ann, thread))->settings, first->settings);
    answer(*first, "1");

    // The thread has a model now: the default is not asked for.
    auto next = make_turn("two");
    next.default_model = "local/another";
    next.settings.top_p = 0.5;
    auto const second = run(store().begin_turn(ann, thread, next));
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_EQ(second->settings.model, "local/test");
    EXPECT_EQ(second->settings.parameters.top_p, 0.5);
    EXPECT_EQ(second->settings.parameters.temperature, 0.25);
    EXPECT_EQ(second->parent, first->reply);
    answer(*second, "2");

    chat::NewReply again{second->reply, make_id<MessageId>(), make_id<GenerationId>(), "", {}, "r"};
    again.settings.model = "local/qwen3";
    auto const third = run(store().begin_reply(ann, thread, again));
    ASSERT_TRUE(third) << third.error().message;
    EXPECT_EQ(third->settings.model, "local/qwen3");
    EXPECT_EQ(third->settings.parameters.top_p, 0.5);
    EXPECT_EQ(run(store().thread(ann, thread))->settings, third->settings);
}

TEST_P(ChatStoreTest, ATitleThatIsThereStays) {
    auto const thread = make_thread(ann, "mine");
    auto turn = make_turn("hello");
    turn.title = "hello";
    EXPECT_FALSE(run(store().begin_turn(ann, thread, turn))->titled);
    EXPECT_EQ(run(store().thread(ann, thread))->title, "mine");
}

TEST_P(ChatStoreTest, ARepeatedQuestionReturnsTheSameIdsAndStoresNothing) {
    auto const thread = make_thread(ann);
    auto const turn = make_turn("once");
    auto const first = run(store().begin_turn(ann, thread, turn));
    auto repeated = turn;
    repeated.reply = make_id<MessageId>();
    repeated.generation = make_id<GenerationId>();
    auto const second = run(store().begin_turn(ann, thread, repeated));
    ASSERT_TRUE(first && second);
    EXPECT_EQ(second->outcome, TurnTicket::Outcome::repeated);
    EXPECT_EQ(second->reply, first->reply);
    EXPECT_EQ(second->generation, first->generation);
    EXPECT_FALSE(second->titled);
    EXPECT_EQ(branch(ann, thread).size(), 2u);
    EXPECT_EQ(run(store().generation(ann, repeated.generation)).error().code, Errc::not_found);

    // Also long after the turn ended, and after a regeneration.
    answer(*first, "done");
    chat::NewReply again{first->reply, make_id<MessageId>(), make_id<GenerationId>(), "m", {}, "r"};
    ASSERT_TRUE(run(store().begin_reply(ann, thread, again)));
    auto const third = run(store().begin_turn(ann, thread, turn));
    ASSERT_TRUE(third);
    EXPECT_EQ(third->reply, first->reply);
}

TEST_P(ChatStoreTest, AKeyThatIsTakenByAnotherRequestIsAConflict) {
    auto const thread = make_thread(ann);
    auto turn = make_turn("one");
    auto const ticket = run(store().begin_turn(ann, thread, turn));
    ASSERT_TRUE(ticket);
    turn.request_digest = "another";
    auto const clash = run(store().begin_turn(ann, thread, turn));
    ASSERT_FALSE(clash);
    EXPECT_EQ(clash.error().code, Errc::conflict);
    EXPECT_EQ(clash.error().reason, "idempotency_conflict");

    auto as_reply = make_turn("two");
    as_reply.question = ticket->reply;
    EXPECT_EQ(run(store().begin_turn(ann, thread, as_reply)).error().reason,
              "idempotency_conflict");
    chat::NewReply reply{ticket->reply, ticket->message, make_id<GenerationId>(), "m", {}, "r"};
    EXPECT_EQ(run(store().begin_reply(ann, thread, reply)).error().reason, "idempotency_conflict");
}

TEST_P(ChatStoreTest, TheSameKeyInAnotherThreadIsAnotherTurn) {
    auto const one = make_thread(ann);
    auto const two = make_thread(ann);
    auto turn = make_turn("hello");
    ASSERT_TRUE(run(store().begin_turn(ann, one, turn)));
    turn.reply = make_id<MessageId>();
    turn.generation = make_id<GenerationId>();
    auto const second = run(store().begin_turn(ann, two, turn));
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_EQ(second->outcome, TurnTicket::Outcome::created);
}

TEST_P(ChatStoreTest, OfAHundredIdenticalTurnsAtOnceOneIsCreated) {
    auto const thread = make_thread(ann);
    auto const turn = make_turn("once");
    std::vector<asio::awaitable<Result<TurnTicket>>> tasks;
    for (int i = 0; i < 100; ++i) {
        auto same = turn;
        same.reply = make_id<MessageId>();
        same.generation = make_id<GenerationId>();
        tasks.push_back(store().begin_turn(ann, thread, same));
    }
    auto const tickets = run_all(std::move(tasks));
    int created = 0;
    std::set<MessageId> replies;
    for (auto const& ticket : tickets) {
        ASSERT_TRUE(ticket) << ticket.error().message;
        created += ticket->outcome == TurnTicket::Outcome::created;
        replies.insert(ticket->reply);
    }
    EXPECT_EQ(created, 1);
    EXPECT_EQ(replies.size(), 1u);
    EXPECT_EQ(branch(ann, thread).size(), 2u);
}

TEST_P(ChatStoreTest, AFailedTurnLeavesNothing) {
    auto const thread = make_thread(ann);
    auto turn = make_turn("with a file");
    turn.files = {make_id<FileId>()};
    EXPECT_EQ(run(store().begin_turn(ann, thread, turn)).error().code, Errc::not_found);
    EXPECT_TRUE(branch(ann, thread).empty());
    EXPECT_EQ(run(store().generation(ann, turn.generation)).error().code, Errc::not_found);
    turn.files.clear();
    EXPECT_EQ(run(store().begin_turn(ann, thread, turn))->outcome, TurnTicket::Outcome::created);
}

TEST_P(ChatStoreTest, ContinuesAtTheHeadOrFromTheRootOrFromAMessage) {
    auto const thread = make_thread(ann);
    auto const first = ask(ann, thread, "one");
    auto const second = ask(ann, thread, "two");
    EXPECT_EQ(branch(ann, thread).size(), 4u);

    auto edited = make_turn("one, edited");
    edited.parent.kind = chat::TurnParent::Kind::root;
    ASSERT_TRUE(run(store().begin_turn(ann, thread, edited)));
    auto const root = branch(ann, thread);
    ASSERT_EQ(root.size(), 2u);
    EXPECT_EQ(root[0].siblings, (std::vector{first.message, edited.question}));

    auto other = make_turn("two, edited");
    other.parent = {chat::TurnParent::Kind::message, first.reply};
    ASSERT_TRUE(run(store().begin_turn(ann, thread, other)));
    auto const below = branch(ann, thread);
    ASSERT_EQ(below.size(), 4u);
    EXPECT_EQ(below[0].id, first.message);
    EXPECT_EQ(below[2].id, other.question);
    EXPECT_EQ(below[2].siblings, (std::vector{second.message, other.question}));

    auto lost = make_turn("lost");
    lost.parent = {chat::TurnParent::Kind::message, make_id<MessageId>()};
    EXPECT_EQ(run(store().begin_turn(ann, thread, lost)).error().code, Errc::not_found);
}

TEST_P(ChatStoreTest, AnotherAnswerIsASiblingUnderTheSameQuestion) {
    auto const thread = make_thread(ann);
    auto const first = ask(ann, thread, "question");
    answer(first, "one");
    chat::NewReply again{
        first.reply, make_id<MessageId>(), make_id<GenerationId>(), "local/test", {}, "digest"};
    again.settings.model = "local/other";
    auto const second = run(store().begin_reply(ann, thread, again));
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_EQ(second->outcome, TurnTicket::Outcome::created);
    EXPECT_EQ(second->message, first.message);
    EXPECT_EQ(second->reply, again.reply);

    auto const shown = branch(ann, thread);
    ASSERT_EQ(shown.size(), 2u);
    EXPECT_EQ(shown[1].id, again.reply);
    EXPECT_EQ(shown[1].model, "local/other");
    EXPECT_EQ(shown[1].siblings, (std::vector{first.reply, again.reply}));

    auto repeated = again;
    repeated.generation = make_id<GenerationId>();
    auto const repeat = run(store().begin_reply(ann, thread, repeated));
    ASSERT_TRUE(repeat);
    EXPECT_EQ(repeat->outcome, TurnTicket::Outcome::repeated);
    EXPECT_EQ(repeat->generation, second->generation);
    EXPECT_EQ(repeat->message, first.message);
    repeated.request_digest = "else";
    EXPECT_EQ(run(store().begin_reply(ann, thread, repeated)).error().reason,
              "idempotency_conflict");

    chat::NewReply of_question{
        first.message, make_id<MessageId>(), make_id<GenerationId>(), "m", {}, "d"};
    EXPECT_EQ(run(store().begin_reply(ann, thread, of_question)).error().code,
              Errc::invalid_argument);
}

TEST_P(ChatStoreTest, SelectingABranchShowsItsNewestLeaf) {
    auto const thread = make_thread(ann);
    auto const first = ask(ann, thread, "one");
    auto const second = ask(ann, thread, "two");
    auto edited = make_turn("one, edited");
    edited.parent.kind = chat::TurnParent::Kind::root;
    ASSERT_TRUE(run(store().begin_turn(ann, thread, edited)));

    auto const selected = run(store().select_branch(ann, thread, first.message));
    ASSERT_TRUE(selected) << selected.error().message;
    EXPECT_EQ(selected->head, second.reply);
    EXPECT_EQ(branch(ann, thread).size(), 4u);
    EXPECT_EQ(run(store().select_branch(ann, thread, edited.reply))->head, edited.reply);
    EXPECT_EQ(run(store().select_branch(ann, thread, make_id<MessageId>())).error().code,
              Errc::not_found);

    chat::ThreadPatch patch;
    patch.head = first.reply;
    EXPECT_EQ(run(store().update_thread(ann, thread, patch))->head, first.reply);
    patch.head = make_id<MessageId>();
    EXPECT_EQ(run(store().update_thread(ann, thread, patch)).error().code, Errc::not_found);
}

TEST_P(ChatStoreTest, PagesThroughABranchFromItsEndBackToItsRoot) {
    auto const thread = make_thread(ann);
    std::vector<MessageId> expected;
    for (int i = 0; i < 11; ++i) {
        auto const ticket = ask(ann, thread, std::to_string(i));
        answer(ticket, "a" + std::to_string(i));
        expected.push_back(ticket.message);
        expected.push_back(ticket.reply);
    }
    for (std::size_t const limit : {1u, 2u, 3u, 7u, 21u, 22u, 23u}) {
        SCOPED_TRACE(limit);
        std::vector<MessageId> seen;
        chat::MessageQuery query{.from = std::nullopt, .limit = limit, .before = {}};
        for (int pages = 0; pages < 30; ++pages) {
            auto const page = run(store().messages(ann, thread, query));
            ASSERT_TRUE(page) << page.error().message;
            std::vector<MessageId> ids;
            for (auto const& message : page->items) ids.push_back(message.id);
            seen.insert(seen.begin(), ids.begin(), ids.end());
            if (!page->next) break;
            query.before = *page->next;
        }
        EXPECT_EQ(seen, expected);
    }
    chat::MessageQuery query{.from = expected[3], .limit = 100, .before = {}};
    EXPECT_EQ(run(store().messages(ann, thread, query))->items.size(), 4u);
}

TEST_P(ChatStoreTest, KeepsTextOfAnyKindByteForByte) {
    auto const thread = make_thread(ann);
    std::string every;
    for (int code = 0; code < 0x80; ++code) every += static_cast<char>(code);
    std::vector<std::string> const texts = {
        "",
        std::string("a\0b", 3),
        every,
        "家族👨‍👩‍👧‍👦 ハ\xE3\x82\x99 \xE2\x80\xAE",
        "'; DROP TABLE messages; --",
        std::string(5'000'000, 'x') + "終"};
    for (auto const& text : texts) {
        auto const ticket = ask(ann, thread, text);
        answer(ticket, text);
        EXPECT_EQ(run(store().message(ann, thread, ticket.message))->text, text);
        EXPECT_EQ(run(store().message(ann, thread, ticket.reply))->text, text);
    }
}

TEST_P(ChatStoreTest, WhatWasAcknowledgedIsThereAfterOpeningAnew) {
    auto const thread = make_thread(ann, "kept");
    auto const ticket = ask(ann, thread, "question");
    answer(ticket, "answer");
    harness->reopen();
    auto const messages = branch(ann, thread);
    ASSERT_EQ(messages.size(), 2u);
    EXPECT_EQ(messages[0].text, "question");
    EXPECT_EQ(messages[1].text, "answer");
    EXPECT_EQ(messages[1].state, MessageState::complete);
    EXPECT_EQ(run(store().begin_turn(ann, thread,
                                     [&] {
                                         auto turn = make_turn("question");
                                         turn.question = ticket.message;
                                         return turn;
                                     }()))
                  ->outcome,
              TurnTicket::Outcome::repeated);
}

}  // namespace kaiwa::conformance
