// The life of a turn over the real store, with a scripted responder in place of a model.
#include "base/utf8.hpp"
#include "chat/event_frame.hpp"
#include "chat/turn_service.hpp"
#include "turns/forwarding_store.hpp"
#include "turns/turn_fixture.hpp"

#include <gtest/gtest.h>

#include <set>

namespace kaiwa::chat {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> types_of(std::string_view frames) {
    std::vector<std::string> out;
    for (auto const& frame : split_frames(frames)) out.emplace_back(frame.type);
    return out;
}

TEST_F(TurnFixture, AnAnswerIsStoredAndSeenInOrder) {
    responder.script = say({"こん", "にちは"});
    auto const ticket = ask("はじめまして");
    auto const seen = read_from(ticket.generation, 0);

    EXPECT_EQ(types_of(seen),
              (std::vector<std::string>{"started", "title", "text", "text", "done"}));
    auto const message = get(store->chats().message(hana, thread, ticket.reply));
    EXPECT_EQ(message.text, "こんにちは");
    EXPECT_EQ(message.state, MessageState::complete);
    EXPECT_EQ(message.finish, "stop");
    EXPECT_EQ(get(store->chats().thread(hana, thread)).title, "はじめまして");
}

TEST_F(TurnFixture, EveryPointOfTheLogContinuesTheSameFromMemoryAndFromTheStore) {
    responder.script = say(std::vector<std::string>(120, "あい"));
    auto const ticket = ask("長い話");
    auto const whole = read_from(ticket.generation, 0);
    ASSERT_EQ(split_frames(whole).size(), 123u);
    wait_until_idle();  // from here the store answers
    for (std::uint64_t after = 0; after <= 123; ++after)
        EXPECT_EQ(read_from(ticket.generation, after), frames_after(whole, after)) << after;
}

TEST_F(TurnFixture, OneKeyIsOneRunHoweverOftenItIsSent) {
    responder.script = say({"a"});
    auto const question = question_of("同じ");
    std::set<std::string> replies;
    for (int i = 0; i < 100; ++i) {
        auto copy = question;
        spawn_on(i % 2, asked(std::move(copy), replies));
    }
    run_loops_until([&] { return finished_tasks == 100; });
    EXPECT_EQ(replies.size(), 1u);
    EXPECT_EQ(responder.calls, 1);

    auto other = question;
    other.text = "違う";
    auto const clash = get_result(service->ask(hana, thread, other));
    ASSERT_FALSE(clash.has_value());
    EXPECT_EQ(clash.error().reason, "idempotency_conflict");
}

TEST_F(TurnFixture, AModelThatNobodyHasIsRefusedUnlessTheTurnIsThereAlready) {
    responder.script = say({"a"});
    auto question = question_of("どのモデル");
    question.settings.model = "gone/m";
    auto const ticket = get(service->ask(hana, thread, question));
    wait_until_idle();

    unknown_model = "gone/m";
    EXPECT_EQ(get(service->ask(hana, thread, question)).reply, ticket.reply) << "a repeat";
    auto altered = question;
    altered.text = "違う質問";
    EXPECT_EQ(get_result(service->ask(hana, thread, altered)).error().code, Errc::conflict);
    auto other = question_of("もう一度");
    other.settings.model = "gone/m";
    ThreadId const absent{make_uuid7(clock, random)};
    EXPECT_EQ(get_result(service->ask(hana, absent, other)).error().code, Errc::not_found);
    EXPECT_EQ(get_result(service->ask(hana, thread, other)).error().reason, "unknown_model");
    ReplyRequest again{ticket.reply, MessageId{make_uuid7(clock, random)}, other.settings};
    EXPECT_EQ(get_result(service->reply_again(hana, thread, again)).error().reason, "unknown_model");
    EXPECT_EQ(get(store->chats().messages(hana, thread, {})).items.size(), 2u);

    // What the configuration or the thread names is theirs to mend, and the question is kept.
    other.model_choice = Question::ModelChoice::of_configuration;
    EXPECT_TRUE(get_result(service->ask(hana, thread, other)).has_value());
    EXPECT_TRUE(get_result(service->ask(hana, thread, question_of("続き"))).has_value());
}

TEST_F(TurnFixture, StopKeepsWhatWasSaidAndEndsTheResponderSoon) {
    responder.script = say_then_wait({"途中", "まで"});
    auto const ticket = ask("待って");
    auto reader = get(service->follow(hana, ticket.generation, 0));
    read_until(*reader, "まで");
    auto const asked_at = std::chrono::steady_clock::now();
    ASSERT_TRUE(get_result(service->stop(hana, ticket.generation)).has_value());
    auto const seen = read_from(ticket.generation, 0);
    EXPECT_LT(std::chrono::steady_clock::now() - asked_at, 5s);
    EXPECT_EQ(types_of(seen).back(), "stopped");
    EXPECT_TRUE(responder.saw_stop);
    auto const message = get(store->chats().message(hana, thread, ticket.reply));
    EXPECT_EQ(message.text, "途中まで");
    EXPECT_EQ(message.state, MessageState::stopped);
}

TEST_F(TurnFixture, AQuestionsGuardIsHeldUntilItsTurnEndsThoughReadersStay) {
    responder.script = say_then_wait({"a"});
    auto question = question_of("数える");
    question.guard = std::make_shared<int>(0);
    std::weak_ptr<void> const guard = question.guard;
    auto again = question;
    auto const ticket = get(service->ask(hana, thread, std::move(question)));
    again.guard = nullptr;
    get(service->ask(hana, thread, std::move(again)));
    EXPECT_FALSE(guard.expired());
    auto const reader = get(service->follow(hana, ticket.generation, 0));
    ASSERT_TRUE(get_result(service->stop(hana, ticket.generation)).has_value());
    wait_until_idle();
    EXPECT_TRUE(guard.expired());

    // One that begins nothing holds nothing.
    auto refused = question_of("数える");
    refused.guard = std::make_shared<int>(0);
    std::weak_ptr<void> const unused = refused.guard;
    service->drain();
    EXPECT_FALSE(get_result(service->ask(hana, thread, std::move(refused))).has_value());
    EXPECT_TRUE(unused.expired());
}

TEST_F(TurnFixture, AResponderThatThrowsFailsTheTurnAndNothingElse) {
    responder.script = throw_a_bug();
    auto const ticket = ask("壊れる");
    EXPECT_EQ(types_of(read_from(ticket.generation, 0)).back(), "failed");
    EXPECT_EQ(get(store->chats().message(hana, thread, ticket.reply)).state, MessageState::failed);

    responder.script = say({"ok"});
    EXPECT_EQ(types_of(read_from(ask("次").generation, 0)).back(), "done");
}

TEST_F(TurnFixture, AnAnswerThatIsTooLongEndsByLength) {
    start_service({.max_answer_bytes = 10});
    responder.script = say({"12345", "12345", "1"});
    auto const ticket = ask("長すぎる");
    read_from(ticket.generation, 0);
    auto const message = get(store->chats().message(hana, thread, ticket.reply));
    EXPECT_EQ(message.text, "1234512345");
    EXPECT_EQ(message.finish, "length");
}

TEST_F(TurnFixture, ShutdownKeepsTheTextAndSaysHowLongItIs) {
    responder.script = say_then_wait({"ここまで"});
    auto const ticket = ask("終了");
    auto reader = get(service->follow(hana, ticket.generation, 0));
    read_until(*reader, "ここまで");
    service->drain();
    EXPECT_EQ(get_result(service->ask(hana, thread, question_of("もう一つ"))).error().reason,
              "draining");
    wait_for(service->finish(0ms));

    auto const frames = split_frames_of(read_from(ticket.generation, 0));
    EXPECT_EQ(frames.back().first, "interrupted");
    EXPECT_EQ(frames.back().second, R"({"reason":"shutdown","length":12})");
    auto const message = get(store->chats().message(hana, thread, ticket.reply));
    EXPECT_EQ(message.state, MessageState::interrupted);
    EXPECT_EQ(message.text, "ここまで");
}

TEST_F(TurnFixture, AServerThatGoesLetsGoOfWhatOthersRun) {
    responder.script = say_then_wait({"ここまで"});
    auto const ticket = ask("どこで");
    auto const elsewhere = make_service({}, store->chats());
    auto reader = get(elsewhere->follow(hana, ticket.generation, 0));
    auto seen = read_until(*reader, "ここまで");
    elsewhere->leave();
    auto const batch = get(next_of(*reader, std::chrono::steady_clock::now() + 1h));
    EXPECT_TRUE(batch.left);
    EXPECT_FALSE(batch.ended);
    EXPECT_TRUE(batch.empty());

    // The answer goes on where it runs, and is followed from there.
    auto const last = split_frames(seen).back().number;
    ASSERT_TRUE(get_result(service->stop(hana, ticket.generation)));
    seen += read_from(ticket.generation, last);
    EXPECT_EQ(seen, read_from(ticket.generation, 0));
    EXPECT_EQ(split_frames_of(seen).back().first, "stopped");
    // One that ended is read to its end by who goes, too.
    auto whole = get(elsewhere->follow(hana, ticket.generation, 0));
    EXPECT_EQ(read_rest(*whole), seen);
}

TEST_F(TurnFixture, ARunnerThatLostItsLeaseSaysNothingMore) {
    responder.script = say_then_wait({"古い"});
    auto const ticket = ask("借りた時間");
    auto reader = get(service->follow(hana, ticket.generation, 0));
    auto seen = read_until(*reader, "古い");
    wait_until_stored(ticket.generation, 3);
    clock.advance(lease_time + 1s);
    auto const taken = get(store->chats().interrupt_expired(hana, ticket.generation));
    EXPECT_EQ(taken.state, GenerationState::interrupted);

    // The runner finds out with its next renewal; the reader goes on from the store.
    seen += read_rest(*reader);
    auto const frames = split_frames(seen);
    EXPECT_EQ(frames.back().type, "interrupted");
    EXPECT_GT(frames.back().number, taken.last_event - 1);
    std::size_t terminals = 0;
    for (auto const& frame : frames)
        terminals += frame.type == "interrupted" || frame.type == "done";
    EXPECT_EQ(terminals, 1u);
    for (std::size_t i = 1; i < frames.size(); ++i)
        EXPECT_LT(frames[i - 1].number, frames[i].number) << "an event was given twice";
}

/// Storing an ending takes several calls, whose waits a stop ends.
class SlowToEnd final : public ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;
    asio::awaitable<Result<void>> end_generation(Lease lease, Ending ending) override {
        ++endings;
        bool const waited = co_await sleep_for(200ms);
        if (!waited) co_return fail(Errc::unavailable, "the call was cancelled");
        co_return co_await inner_.end_generation(lease, std::move(ending));
    }
    std::atomic<int> endings = 0;
};

TEST_F(TurnFixture, AStopDoesNotCancelTheStoringOfItsOwnEnding) {
    SlowToEnd slow(store->chats());
    start_service({}, slow);
    responder.script = say_then_wait({"途中"});
    auto const ticket = ask("待って");
    auto reader = get(service->follow(hana, ticket.generation, 0));
    auto seen = read_until(*reader, "途中");
    ASSERT_TRUE(get_result(service->stop(hana, ticket.generation)).has_value());
    run_loops_until([&] { return slow.endings > 0; });
    ASSERT_TRUE(get_result(service->stop(hana, ticket.generation)).has_value());  // impatient
    seen += read_rest(*reader);
    EXPECT_EQ(types_of(seen).back(), "stopped");
    EXPECT_EQ(slow.endings, 1);
    start_service({});
}

/// Somebody may no longer ask just when a turn of theirs has been stored.
class StopsAtBegin final : public ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;
    asio::awaitable<Result<TurnTicket>> begin_turn(Principal who, ThreadId thread,
                                                   NewTurn turn) override {
        auto ticket = co_await inner_.begin_turn(who, thread, std::move(turn));
        service->stop_user(who.id);
        co_await sleep_for(1ms);  // behind the stop, which was posted to this loop
        co_return ticket;
    }
    TurnService* service = nullptr;
};

TEST_F(TurnFixture, AStopThatComesBeforeTheRunAsksNoModel) {
    StopsAtBegin early(store->chats());
    start_service({}, early);
    early.service = service.get();
    responder.script = say({"a"});
    auto const ticket = ask("だれ");
    EXPECT_EQ(types_of(read_from(ticket.generation, 0)).back(), "stopped");
    EXPECT_EQ(responder.calls, 0);
    start_service({});
}

TEST_F(TurnFixture, AFailureInBrokenUtf8IsShownInGoodUtf8) {
    responder.script = [](ScriptedResponder&,
                          TurnSink&) -> asio::awaitable<llm::Outcome<llm::FinishReason>> {
        llm::Failure failure;
        failure.message = "there is no model \"x/\xE3\x81";
        failure.provider_request_id = "\xFF";
        failure.provider = "\xE3";
        co_return std::unexpected(std::move(failure));
    };
    auto const ticket = ask("壊れた字");
    auto const seen = read_from(ticket.generation, 0);
    EXPECT_EQ(types_of(seen).back(), "failed");
    EXPECT_TRUE(is_valid_utf8(seen));
    EXPECT_TRUE(is_valid_utf8(*get(store->chats().message(hana, thread, ticket.reply)).error));
}

TEST_F(TurnFixture, EventsWithoutEndEndTheAnswerByLength) {
    start_service({.max_answer_bytes = 1'000'000});
    responder.script = [](ScriptedResponder&,
                          TurnSink& sink) -> asio::awaitable<llm::Outcome<llm::FinishReason>> {
        std::string const step =
            R"({"id":"s","kind":"tool","name":")" + std::string(100'000, 'n') + R"("})";
        for (int i = 0; i < 200; ++i) {
            auto copy = step;
            if (!co_await sink.step(std::move(copy))) co_return std::unexpected(stopped_failure());
        }
        co_return llm::FinishReason::stop;
    };
    auto const ticket = ask("終わらない");
    auto const frames = split_frames_of(read_from(ticket.generation, 0));
    EXPECT_EQ(frames.back().second, R"({"finish":"length"})");
    EXPECT_LT(frames.size(), 100u);
}

TEST_F(TurnFixture, ManyReadersOnBothLoopsSeeTheSameBytesWhileItIsWritten) {
    responder.script = say_slowly(300, "文字");
    auto const ticket = ask("みんなで");
    std::vector<std::string> seen(16);
    for (std::size_t i = 0; i < seen.size(); ++i)
        spawn_on(static_cast<int>(i % 2), follow_all(ticket.generation, i * 3 % 7, seen[i]));
    run_loops_until([&] { return finished_tasks == seen.size(); });
    wait_until_idle();
    auto const whole = read_from(ticket.generation, 0);
    for (std::size_t i = 0; i < seen.size(); ++i)
        EXPECT_EQ(seen[i], frames_after(whole, i * 3 % 7)) << i;
}

TEST_F(TurnFixture, APersonHasOnlySoManyRunningTurns) {
    start_service({.turns_per_user = 2});
    responder.script = say_then_wait({"…"});
    auto const first = ask("1");
    ask("2");
    auto const third = get_result(service->ask(hana, thread, question_of("3")));
    ASSERT_FALSE(third.has_value());
    EXPECT_EQ(third.error().code, Errc::rate_limited);
    get_result(service->stop(hana, first.generation)).value();
    read_from(first.generation, 0);
    run_loops_until([&] { return service->running() == 1; });
    EXPECT_TRUE(get_result(service->ask(hana, thread, question_of("3"))).has_value());
}

TEST_F(TurnFixture, ARepeatIsAnsweredWhereANewTurnWouldBeRefused) {
    start_service({.turns_per_user = 1});
    responder.script = say_then_wait({"…"});
    auto const question = question_of("届かなかった");
    auto const first = get(service->ask(hana, thread, question));
    auto const expect_repeat = [&] {
        auto copy = question;
        auto const again = get(service->ask(hana, thread, std::move(copy)));
        EXPECT_EQ(again.outcome, TurnTicket::Outcome::repeated);
        EXPECT_EQ(again.reply, first.reply);
        EXPECT_EQ(again.generation, first.generation);
    };
    expect_repeat();
    auto other = question;
    other.text = "違う";
    EXPECT_EQ(get_result(service->ask(hana, thread, other)).error().code, Errc::conflict);
    EXPECT_EQ(get_result(service->ask(hana, thread, question_of("新"))).error().code,
              Errc::rate_limited);
    service->drain();
    expect_repeat();
    EXPECT_EQ(get_result(service->ask(hana, thread, question_of("新"))).error().reason, "draining");
    EXPECT_EQ(responder.calls, 1);
}

TEST_F(TurnFixture, NobodyFollowsOrStopsAnothersTurn) {
    responder.script = say_then_wait({"秘密"});
    auto const ticket = ask("わたしの");
    EXPECT_EQ(get_result(service->follow(taro, ticket.generation, 0)).error().code,
              Errc::not_found);
    EXPECT_EQ(get_result(service->stop(taro, ticket.generation)).error().code, Errc::not_found);
    EXPECT_EQ(get_result(service->ask(taro, thread, question_of("x"))).error().code,
              Errc::not_found);
    EXPECT_EQ(responder.calls, 1);
}

TEST_F(TurnFixture, ContinuingBeginsWithTheOldTextAndRegeneratingDoesNot) {
    responder.script = say({"前半"}, llm::FinishReason::length);
    auto const cut = ask("続けて");
    read_from(cut.generation, 0);

    responder.script = say({"後半"});
    auto const more = again(cut.reply, ReplyRequest::Kind::carry_on);
    read_from(more.generation, 0);
    EXPECT_EQ(get(store->chats().message(hana, thread, more.reply)).text, "前半後半");
    auto const fresh = again(cut.reply, ReplyRequest::Kind::regenerate);
    read_from(fresh.generation, 0);
    auto const message = get(store->chats().message(hana, thread, fresh.reply));
    EXPECT_EQ(message.text, "後半");
    EXPECT_EQ(message.siblings.size(), 3u);
    EXPECT_EQ(message.parent, cut.message);
}

TEST_F(TurnFixture, APendingMessageIsFreshenedFromMemory) {
    responder.script = say_then_wait({"書きかけ"});
    auto const ticket = ask("今");
    auto reader = get(service->follow(hana, ticket.generation, 0));
    read_until(*reader, "書きかけ");
    auto message = get(store->chats().message(hana, thread, ticket.reply));
    EXPECT_EQ(message.state, MessageState::pending);
    clock.advance(lease_time + 1s);  // the lid was closed: the lease only looks expired
    EXPECT_TRUE(service->freshen(message));
    EXPECT_EQ(message.text, "書きかけ");
    get_result(service->stop(hana, ticket.generation)).value();
    wait_until_idle();
    EXPECT_FALSE(service->freshen(message));
}

}  // namespace
}  // namespace kaiwa::chat
