// The life of a turn over the real store, with a scripted responder in place of a model.
#include "base/utf8.hpp"
#include "chat/event_frame.hpp"
#include "chat/prompt_builder.hpp"
#include "chat/thinking.hpp"
#include "chat/turn_service.hpp"
#include "turns/forwarding_store.hpp"
#include "turns/turn_fixture.hpp"

#include <gtest/gtest.h>

#include <map>
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
    EXPECT_EQ(get_result(service->ask(hana, thread, other)).error().code, Errc::rate_limited);
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

/// No file is in these threads.
class NoFiles final : public BlobStore {
public:
    asio::awaitable<Result<std::unique_ptr<Writer>>> create(FileId) override {
        co_return fail(Errc::internal, "not here");
    }
    asio::awaitable<Result<std::unique_ptr<Reader>>> open(FileId, BlobPart) override {
        co_return fail(Errc::internal, "not here");
    }
    asio::awaitable<Result<void>> remove(FileId) override { co_return Result<void>{}; }
};

class PromptsOfTurns : public TurnFixture {
protected:
    struct Shown {
        std::vector<std::string> lines;  ///< "role: text"
        std::int64_t dropped = 0;

        bool operator==(Shown const&) const = default;
    };

    asio::awaitable<Shown> build(RecentBranches& memory, std::int64_t window) {
        PromptBuilder const builder(store->chats(), files_, memory, {});
        llm::ModelInfo model;
        model.window = window;
        auto const built = co_await builder.build(responder.asked, model);
        Shown shown;
        if (!built) co_return shown;
        shown.dropped = built->dropped;
        for (auto const& message : built->prompt.messages) {
            std::string line = message.role == llm::Role::user ? "user:" : "assistant:";
            for (auto const& part : message.parts) line += " " + std::get<llm::TextPart>(part).text;
            shown.lines.push_back(std::move(line));
        }
        co_return shown;
    }
    /// The prompt of the last turn, from the store.
    Shown read(std::int64_t window = large) {
        Shown shown;
        RecentBranches empty;
        wait_for(build_into(empty, window, shown));
        return shown;
    }
    asio::awaitable<void> build_into(RecentBranches& memory, std::int64_t window, Shown& shown) {
        shown = co_await build(memory, window);
    }

    /// Asks and answers; `remembered` becomes the prompt as the responder would make it.
    TurnTicket answer(Question question, std::int64_t window = large) {
        auto const word = "re: " + question.text;
        responder.script = [this, word, window](ScriptedResponder& self, TurnSink& sink) {
            return answer_remembered(self, sink, word, window);
        };
        auto const ticket = get(service->ask(hana, thread, std::move(question)));
        read_from(ticket.generation, 0);
        wait_until_idle();
        return ticket;
    }
    TurnTicket answer(std::string text) { return answer(question_of(std::move(text))); }

    static constexpr std::int64_t large = 100'000;
    Shown remembered;
    bool was_in_memory = false;

private:
    asio::awaitable<llm::Outcome<llm::FinishReason>> answer_remembered(ScriptedResponder& self,
                                                                       TurnSink& sink,
                                                                       std::string word,
                                                                       std::int64_t window) {
        auto const& parent = self.asked.asked->parent;
        was_in_memory = !parent || recent.find(thread, *parent);
        remembered = co_await build(recent, window);
        if (!co_await sink.text(word)) co_return std::unexpected(stopped_failure());
        co_return llm::FinishReason::stop;
    }

    NoFiles files_;
};

using Lines = std::vector<std::string>;

TEST_F(PromptsOfTurns, AreTheSameFromMemoryAndFromTheStore) {
    answer("a");
    EXPECT_EQ(remembered.lines, (Lines{"user: a"}));
    answer("b");
    EXPECT_TRUE(was_in_memory);
    EXPECT_EQ(remembered, read());
    responder.script = throw_a_bug();  // an answer without a word
    read_from(ask("c").generation, 0);
    wait_until_idle();

    answer("d");
    EXPECT_TRUE(was_in_memory);
    EXPECT_EQ(remembered.lines,
              (Lines{"user: a", "assistant: re: a", "user: b", "assistant: re: b", "user: c d"}));
    EXPECT_EQ(remembered, read());
}

TEST_F(PromptsOfTurns, AreCutAtTheSamePlaceFromMemoryAndFromTheStore) {
    for (auto const* text : {"a", "b", "c"}) answer(std::string(400, *text));
    bool cut = false;
    for (std::int64_t window = 100; window < 1'500; window += 100) {
        answer(question_of("next"), window);
        EXPECT_TRUE(was_in_memory) << window;
        EXPECT_EQ(remembered, read(window)) << window;
        cut |= remembered.dropped > 0;
    }
    EXPECT_TRUE(cut);
}

TEST_F(PromptsOfTurns, FollowTheBranchThatTheQuestionIsOn) {
    auto const first = answer("a");
    answer("b");
    auto edited = question_of("B");
    edited.parent = {TurnParent::Kind::message, first.reply};
    answer(edited);
    EXPECT_FALSE(was_in_memory) << "the branch of b was";
    EXPECT_EQ(remembered.lines, (Lines{"user: a", "assistant: re: a", "user: B"}));

    answer("c");
    EXPECT_TRUE(was_in_memory);
    EXPECT_EQ(remembered.lines,
              (Lines{"user: a", "assistant: re: a", "user: B", "assistant: re: B", "user: c"}));
    auto root = question_of("new");
    root.parent = {TurnParent::Kind::root, {}};
    answer(root);
    EXPECT_EQ(remembered.lines, (Lines{"user: new"}));
}

asio::awaitable<llm::Outcome<llm::FinishReason>> answer_with_a_step(TurnSink& sink,
                                                                    std::string step) {
    if (!co_await sink.step(std::move(step))) co_return std::unexpected(stopped_failure());
    if (!co_await sink.text("looked up")) co_return std::unexpected(stopped_failure());
    co_return llm::FinishReason::stop;
}

TEST_F(PromptsOfTurns, ABranchWithStepsIsReadEachTime) {
    answer("a");
    responder.script = [](ScriptedResponder&, TurnSink& sink) {
        return answer_with_a_step(sink, R"({"id":"s","kind":"tool","name":"n","state":"done"})");
    };
    read_from(ask("b").generation, 0);
    wait_until_idle();
    for (auto const* text : {"c", "d"}) {
        answer(text);
        EXPECT_FALSE(was_in_memory) << text;
        EXPECT_EQ(remembered, read()) << text;
    }
    EXPECT_EQ(remembered.lines.at(3), "assistant: looked up");
}

TEST_F(PromptsOfTurns, ABranchThatWasOnlyThoughtAboutIsRemembered) {
    responder.script = [](ScriptedResponder&, TurnSink& sink) {
        Thinking thinking;
        thinking.reasoned(SteadyTime{});
        return answer_with_a_step(sink, thinking.end(SteadyTime{}).value());
    };
    read_from(ask("a").generation, 0);
    wait_until_idle();
    answer("b");
    EXPECT_TRUE(was_in_memory);
    EXPECT_EQ(remembered, read());
}

TEST_F(PromptsOfTurns, AnAnswerThatIsBeingWrittenIsNotRemembered) {
    responder.script = say_then_wait({"途中"});
    auto const first = ask("一");
    auto reader = get(service->follow(hana, first.generation, 0));
    read_until(*reader, "途中");
    wait_until_stored(first.generation, 3);
    responder.script = say({"re"});
    read_from(ask("二").generation, 0);

    RecentBranches memory;
    Shown shown;
    wait_for(build_into(memory, large, shown));
    EXPECT_EQ(shown.lines, (Lines{"user: 一", "assistant: 途中", "user: 二"}));
    EXPECT_FALSE(memory.find(thread, first.reply));
}

/// Files as long as a test says; those it does not name are gone.
class SomeFiles final : public BlobStore {
public:
    asio::awaitable<Result<std::unique_ptr<Writer>>> create(FileId) override {
        co_return fail(Errc::internal, "not here");
    }
    asio::awaitable<Result<std::unique_ptr<Reader>>> open(FileId id, BlobPart) override {
        auto const found = bytes.find(id);
        if (found == bytes.end()) co_return fail(Errc::not_found, "there is no such file");
        co_return std::make_unique<Whole>(found->second);
    }
    asio::awaitable<Result<void>> remove(FileId) override { co_return Result<void>{}; }

    std::map<FileId, std::string> bytes;

private:
    class Whole final : public Reader {
    public:
        explicit Whole(std::string all) : all_(std::move(all)) {}
        std::uint64_t size() const override { return all_.size(); }
        asio::awaitable<Result<std::string>> next() override { co_return std::exchange(all_, {}); }

    private:
        std::string all_;
    };
};

class PromptsWithFiles : public TurnFixture {
protected:
    FileId add(std::string name, std::string bytes) {
        FileId const id{make_uuid7(clock, random)};
        get_result(
            store->chats().add_file(hana, FileInfo{id, std::move(name), "image/png", bytes.size()}))
            .value();
        if (!bytes.empty()) files.bytes[id] = std::move(bytes);
        return id;
    }
    void ask_with(std::vector<FileId> attached) {
        auto question = question_of("見て");
        question.files = std::move(attached);
        responder.script = say({"はい"});
        read_from(get(service->ask(hana, thread, std::move(question))).generation, 0);
        wait_until_idle();
    }
    /// The files of the last turn's prompt: "picture 60" or as they are named.
    std::vector<std::string> shown(PromptOptions options) {
        PromptBuilder const builder(store->chats(), files, recent, std::move(options));
        auto const built = get(builder.build(responder.asked, {}));
        std::vector<std::string> out;
        for (auto const& message : built.prompt.messages) {
            for (auto const& part : message.parts) {
                auto const* text = std::get_if<llm::TextPart>(&part);
                if (!text)
                    out.push_back("picture " +
                                  std::to_string(std::get<llm::ImagePart>(part).bytes.size()));
                else if (text->text.starts_with("["))
                    out.push_back(text->text);
            }
        }
        return out;
    }

    SomeFiles files;
};

TEST_F(PromptsWithFiles, HoldSoManyBytesOfPicturesAndTheNewestFirst) {
    ask_with({add("old.png", std::string(60, 'o'))});
    ask_with({add("a.png", std::string(50, 'a')), add("b.png", std::string(60, 'b')),
              add("c.png", std::string(40, 'c'))});
    EXPECT_EQ(shown({.system_prompt = {}, .max_file_bytes = 100}),
              (Lines{"[old.png, image/png, 60 bytes]", "picture 50", "[b.png, image/png, 60 bytes]",
                     "picture 40"}));
    EXPECT_EQ(shown({}), (Lines{"picture 60", "picture 50", "picture 60", "picture 40"}));
}

TEST_F(PromptsWithFiles, NameAFileWhoseBytesAreGone) {
    auto const gone = add("gone.png", "x");
    files.bytes.erase(gone);
    ask_with({gone});
    EXPECT_EQ(shown({}), (Lines{"[gone.png, image/png, no longer available]"}));
}

}  // namespace
}  // namespace kaiwa::chat
