#include "chat/event_frame.hpp"
#include "tests/conformance/harness.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace kaiwa::conformance {

using chat::GenerationState;
using chat::Lease;
using chat::MessageState;

namespace {

Lease lease_of(chat::TurnTicket const& ticket) {
    return {ticket.generation, ticket.epoch};
}

std::vector<std::uint64_t> numbers_of(chat::LogPage const& page) {
    std::vector<std::uint64_t> out;
    for (auto const& segment : page.segments) {
        for (auto const& frame : chat::split_frames(segment.frames)) out.push_back(frame.number);
    }
    return out;
}

}  // namespace

TEST_P(ChatStoreTest, APendingMessageCarriesTheTextSoFar) {
    auto const thread = make_thread(ann);
    auto const ticket = ask(ann, thread, "question");
    EXPECT_EQ(branch(ann, thread)[1].text, "");
    ASSERT_TRUE(run(store().append_log(lease_of(ticket), text_segment(1, {"こん", "に"}), 10)));
    // Before its first save a runner may already have sent so many.
    EXPECT_EQ(run(store().generation(ann, ticket.generation))->sendable, chat::sendable_ahead);
    auto segment = text_segment(3, {"ちは"});
    segment.reasoning = "thought";
    ASSERT_TRUE(run(store().append_log(lease_of(ticket), segment, chat::sendable_ahead + 10)));
    auto const messages = branch(ann, thread);
    EXPECT_EQ(messages[1].text, "こんにちは");
    EXPECT_EQ(messages[1].reasoning, "thought");
    EXPECT_EQ(messages[1].state, MessageState::pending);
    auto const generation = run(store().generation(ann, ticket.generation));
    EXPECT_EQ(generation->last_event, 3u);
    EXPECT_EQ(generation->sendable, chat::sendable_ahead + 10);
    EXPECT_EQ(generation->text_bytes, std::string_view("こんにちは").size());
}

TEST_P(ChatStoreTest, TheLogIsReadFromAnyNumberInOrder) {
    auto const thread = make_thread(ann);
    auto const ticket = ask(ann, thread, "question");
    EXPECT_TRUE(run(store().read_log(ann, ticket.generation, 0))->segments.empty());
    std::uint64_t number = 1;
    for (int i = 0; i < 40; ++i) {
        auto const segment = text_segment(number, {"a", "b", "c"});
        number += 3;
        ASSERT_TRUE(run(store().append_log(lease_of(ticket), segment, number)));
    }
    for (std::uint64_t const after : {0u, 1u, 2u, 3u, 59u, 118u, 119u, 120u, 500u}) {
        auto const page = run(store().read_log(ann, ticket.generation, after));
        ASSERT_TRUE(page);
        std::vector<std::uint64_t> seen;
        for (auto const seen_number : numbers_of(*page)) {
            if (seen_number > after) seen.push_back(seen_number);
        }
        std::vector<std::uint64_t> expected;
        for (auto n = after + 1; n <= 120; ++n) expected.push_back(n);
        EXPECT_EQ(seen, expected) << after;
        if (!page->segments.empty()) {
            EXPECT_LE(page->segments.front().first, after + 1);
            EXPECT_GT(page->segments.front().last, after);
        }
    }
}

TEST_P(ChatStoreTest, ALongLogIsReadPageByPage) {
    auto const thread = make_thread(ann);
    auto const ticket = ask(ann, thread, "question");
    for (std::uint64_t number = 1; number <= 20; ++number) {
        auto const segment = text_segment(number, {std::string(20'000, 'x')});
        ASSERT_TRUE(run(store().append_log(lease_of(ticket), segment, number + 1)));
    }
    std::vector<std::uint64_t> seen;
    for (bool more = true; more;) {
        auto const after = seen.empty() ? 0 : seen.back();
        auto const page = run(store().read_log(ann, ticket.generation, after));
        ASSERT_TRUE(page);
        ASSERT_FALSE(page->segments.empty());
        std::ranges::copy(numbers_of(*page), std::back_inserter(seen));
        more = page->more;
    }
    std::vector<std::uint64_t> expected(20);
    std::iota(expected.begin(), expected.end(), 1);
    EXPECT_EQ(seen, expected);
}

TEST_P(ChatStoreTest, ASegmentThatDoesNotFollowIsRefused) {
    auto const thread = make_thread(ann);
    auto const ticket = ask(ann, thread, "question");
    ASSERT_TRUE(run(store().append_log(lease_of(ticket), text_segment(1, {"a", "b"}), 9)));
    EXPECT_EQ(run(store().append_log(lease_of(ticket), text_segment(4, {"d"}), 9)).error().code,
              Errc::invalid_argument);
    EXPECT_EQ(run(store().append_log(lease_of(ticket), text_segment(2, {"b"}), 9)).error().code,
              Errc::invalid_argument);
    EXPECT_TRUE(run(store().append_log(lease_of(ticket), text_segment(3, {"c"}), 9)));
}

TEST_P(ChatStoreTest, EndingStoresTheWholeMessageOnce) {
    auto const thread = make_thread(ann);
    auto const ticket = ask(ann, thread, "question");
    ASSERT_TRUE(run(store().append_log(lease_of(ticket), text_segment(1, {"par"}), 9)));
    chat::Ending ending;
    ending.last_segment = text_segment(2, {"tial"});
    ending.last_segment.last = 3;
    chat::append_frame(ending.last_segment.frames, 3, chat::EventType::failed, R"({"code":"x"})");
    ending.state = GenerationState::failed;
    ending.text = "partial";
    ending.reasoning = "why";
    ending.error = R"({"code":"x"})";
    ending.usage = llm::Usage{3, 5, 1, std::nullopt};
    ending.steps_json = R"([{"id":"s"}])";
    ending.citations_json = R"([{"number":1}])";
    EXPECT_FALSE(branch(ann, thread).at(1).ended_at);
    harness->clock.advance(std::chrono::seconds(3));
    ASSERT_TRUE(run(store().end_generation(lease_of(ticket), ending)));

    EXPECT_FALSE(branch(ann, thread).at(0).ended_at);
    auto const message = branch(ann, thread).at(1);
    EXPECT_EQ(message.ended_at, message.created_at + std::chrono::seconds(3));
    EXPECT_EQ(message.state, MessageState::failed);
    EXPECT_EQ(message.text, "partial");
    EXPECT_EQ(message.reasoning, "why");
    EXPECT_EQ(message.error, ending.error);
    EXPECT_EQ(message.usage, ending.usage);
    EXPECT_EQ(message.steps_json, ending.steps_json);
    EXPECT_EQ(message.citations_json, ending.citations_json);
    EXPECT_FALSE(message.finish);

    auto const page = run(store().read_log(ann, ticket.generation, 0));
    ASSERT_TRUE(page);
    EXPECT_EQ(page->generation.state, GenerationState::failed);
    EXPECT_EQ(page->generation.ended_at, harness->clock.now());
    EXPECT_EQ(page->generation.last_event, 3u);
    EXPECT_EQ(numbers_of(*page), (std::vector<std::uint64_t>{1, 2, 3}));
    EXPECT_FALSE(run(store().thread(ann, thread))->running);

    EXPECT_EQ(run(store().end_generation(lease_of(ticket), ending)).error().code, Errc::conflict);
    EXPECT_EQ(run(store().append_log(lease_of(ticket), text_segment(4, {"x"}), 9)).error().code,
              Errc::conflict);
    EXPECT_EQ(run(store().renew_lease(lease_of(ticket))).error().code, Errc::conflict);
}

TEST_P(ChatStoreTest, AStopIsSeenByTheRunnersNextWrite) {
    auto const thread = make_thread(ann);
    auto const ticket = ask(ann, thread, "question");
    EXPECT_FALSE(run(store().renew_lease(lease_of(ticket)))->stop_requested);
    EXPECT_EQ(run(store().request_stop(bob, ticket.generation)).error().code, Errc::not_found);
    EXPECT_FALSE(run(store().renew_lease(lease_of(ticket)))->stop_requested);
    ASSERT_TRUE(run(store().request_stop(ann, ticket.generation)));
    EXPECT_TRUE(run(store().renew_lease(lease_of(ticket)))->stop_requested);
    EXPECT_TRUE(
        run(store().append_log(lease_of(ticket), text_segment(1, {"a"}), 2))->stop_requested);
    EXPECT_TRUE(run(store().generation(ann, ticket.generation))->stop_requested);
    chat::Ending ending;
    ending.last_segment.first = ending.last_segment.last = 2;
    chat::append_frame(ending.last_segment.frames, 2, chat::EventType::stopped, "{}");
    ending.state = GenerationState::stopped;
    ending.text = "a";
    ASSERT_TRUE(run(store().end_generation(lease_of(ticket), ending)));
    EXPECT_TRUE(run(store().request_stop(ann, ticket.generation)));
    EXPECT_EQ(branch(ann, thread).at(1).state, MessageState::stopped);
}

TEST_P(ChatStoreTest, AWriteRenewsTheLeaseAndAnExpiredOneBecomesInterrupted) {
    auto const thread = make_thread(ann);
    auto const ticket = ask(ann, thread, "question");
    harness->clock.advance(std::chrono::seconds(10));
    ASSERT_TRUE(run(store().append_log(lease_of(ticket), text_segment(1, {"こん", "に"}),
                                       chat::sendable_ahead + 40)));
    harness->clock.advance(std::chrono::seconds(10));
    EXPECT_EQ(run(store().interrupt_expired(ann, ticket.generation))->state,
              GenerationState::running);
    EXPECT_EQ(run(store().interrupt_expired(bob, ticket.generation)).error().code, Errc::not_found);
    harness->clock.advance(std::chrono::seconds(6));
    EXPECT_FALSE(run(store().thread(ann, thread))->running);

    auto const generation = run(store().interrupt_expired(ann, ticket.generation));
    ASSERT_TRUE(generation);
    EXPECT_EQ(generation->state, GenerationState::interrupted);
    EXPECT_EQ(generation->last_event, chat::sendable_ahead + 41);
    EXPECT_EQ(generation->ended_at, harness->clock.now());

    auto const page = run(store().read_log(ann, ticket.generation, 2));
    ASSERT_TRUE(page);
    ASSERT_EQ(page->segments.size(), 1u);
    EXPECT_EQ(
        page->segments[0].frames,
        "id: 4137\nevent: interrupted\ndata: {\"reason\":\"lease_expired\",\"length\":9}\n\n");
    auto const message = branch(ann, thread).at(1);
    EXPECT_EQ(message.state, MessageState::interrupted);
    EXPECT_EQ(message.text, "こんに");
    EXPECT_FALSE(message.ended_at) << "nobody saw when it ended";

    // The runner that was late is fenced off; asking again changes nothing.
    EXPECT_EQ(run(store().append_log(lease_of(ticket), text_segment(3, {"x"}), 50)).error().code,
              Errc::conflict);
    EXPECT_EQ(run(store().interrupt_expired(ann, ticket.generation))->last_event,
              chat::sendable_ahead + 41);
}

TEST_P(ChatStoreTest, AnInterruptedAnswerKeepsItsStepsCitationsAndUsage) {
    auto const thread = make_thread(ann);
    auto const ticket = ask(ann, thread, "question");
    chat::LogSegment segment;
    segment.first = 1;
    segment.last = 5;
    using chat::EventType;
    chat::append_frame(segment.frames, 1, EventType::step, R"({"id":"a","state":"running"})");
    chat::append_frame(segment.frames, 2, EventType::step, R"({"id":"b","state":"running"})");
    chat::append_frame(segment.frames, 3, EventType::step, R"({"id":"a","state":"done"})");
    chat::append_frame(segment.frames, 4, EventType::citation, R"({"number":1})");
    chat::append_frame(segment.frames, 5, EventType::usage,
                       R"({"input_tokens":7,"output_tokens":2})");
    ASSERT_TRUE(run(store().append_log(lease_of(ticket), segment, 5)));
    std::string const steps = R"([{"id":"a","state":"done"},{"id":"b","state":"running"}])";
    EXPECT_EQ(branch(ann, thread).at(1).steps_json, steps);

    harness->clock.advance(std::chrono::minutes(1));
    ASSERT_TRUE(run(store().interrupt_expired(ann, ticket.generation)));
    auto const message = branch(ann, thread).at(1);
    EXPECT_EQ(message.steps_json, steps);
    EXPECT_EQ(message.citations_json, R"([{"number":1}])");
    EXPECT_EQ(message.usage, (llm::Usage{7, 2, std::nullopt, std::nullopt}));
}

TEST_P(ChatStoreTest, EventsAreGoneADayAfterTheEndAndTheMessageStays) {
    auto const thread = make_thread(ann);
    auto const ticket = ask(ann, thread, "question");
    answer(ticket, "answer");
    harness->clock.advance(std::chrono::hours(23));
    ASSERT_TRUE(run(harness->clean_once()));
    EXPECT_TRUE(run(store().read_log(ann, ticket.generation, 0)));
    harness->clock.advance(std::chrono::hours(2));
    auto const gone = run(store().read_log(ann, ticket.generation, 0));
    EXPECT_EQ(gone.error().code, Errc::gone);
    EXPECT_EQ(gone.error().reason, "events_expired");
    auto const removed = run(harness->clean_once());
    ASSERT_TRUE(removed) << removed.error().message;
    EXPECT_GT(*removed, 0u);
    EXPECT_EQ(run(store().read_log(ann, ticket.generation, 0)).error().code, Errc::gone);
    EXPECT_TRUE(branch(ann, thread).at(1).ended_at);
    EXPECT_EQ(run(store().read_log(bob, ticket.generation, 0)).error().code, Errc::not_found);
    EXPECT_EQ(branch(ann, thread).at(1).text, "answer");
}

TEST_P(ChatStoreTest, ATurnThatIsHandedOverIsClaimedOnce) {
    auto const thread = make_thread(ann);
    auto turn = make_turn("question");
    turn.handover = "what the runner needs";
    auto const begun = run(store().begin_turn(ann, thread, turn));
    ASSERT_TRUE(begun);
    harness->clock.advance(std::chrono::seconds(10));
    auto const claimed = run(store().claim(begun->generation));
    ASSERT_TRUE(claimed) << claimed.error().message;
    EXPECT_EQ(claimed->handover, "what the runner needs");
    EXPECT_GT(claimed->epoch, begun->epoch);
    EXPECT_EQ(run(store().claim(begun->generation)).error().code, Errc::conflict);

    // The lease is the claimer's now, and a new one.
    EXPECT_EQ(run(store().append_log(lease_of(*begun), text_segment(1, {"x"}), 50)).error().code,
              Errc::conflict);
    harness->clock.advance(std::chrono::seconds(10));
    EXPECT_EQ(run(store().interrupt_expired(ann, begun->generation))->state,
              GenerationState::running);
    Lease const lease{begun->generation, claimed->epoch};
    EXPECT_TRUE(run(store().append_log(lease, text_segment(1, {"x"}), 50)));
}

TEST_P(ChatStoreTest, WhatIsNotHandedOverOrTooLateIsNotClaimed) {
    auto const thread = make_thread(ann);
    auto const own = ask(ann, thread, "question");
    EXPECT_EQ(run(store().claim(own.generation)).error().code, Errc::conflict);
    EXPECT_EQ(run(store().claim(make_id<GenerationId>())).error().code, Errc::not_found);

    auto turn = make_turn("late");
    turn.handover = "x";
    auto const late = run(store().begin_turn(ann, thread, turn));
    ASSERT_TRUE(late);
    harness->clock.advance(chat::lease_time + std::chrono::seconds(1));
    EXPECT_EQ(run(store().claim(late->generation)).error().code, Errc::conflict);
    EXPECT_EQ(run(store().interrupt_expired(ann, late->generation))->state,
              GenerationState::interrupted);
}

TEST_P(ChatStoreTest, AnAnswerMadeAgainCanBeHandedOver) {
    auto const thread = make_thread(ann);
    auto const first = ask(ann, thread, "question");
    answer(first, "answer");
    chat::NewReply again;
    again.message = first.reply;
    again.reply = make_id<MessageId>();
    again.generation = make_id<GenerationId>();
    again.default_model = "local/test";
    again.request_digest = "again";
    again.handover = "y";
    auto const begun = run(store().begin_reply(ann, thread, again));
    ASSERT_TRUE(begun);
    auto const claimed = run(store().claim(begun->generation));
    ASSERT_TRUE(claimed);
    EXPECT_EQ(claimed->handover, "y");
}

}  // namespace kaiwa::conformance
