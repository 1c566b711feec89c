#include "llm/retry.hpp"

#include "tests/support/run_task.hpp"
#include "tests/support/scripted_model.hpp"

#include <gtest/gtest.h>

namespace kaiwa::llm {
namespace {

using test::run_task;
using test::ScriptedModel;

/// No pauses, so that nothing has to wait.
class Zeros final : public Random {
public:
    void fill(std::span<std::uint8_t> bytes) override { std::ranges::fill(bytes, std::uint8_t{0}); }
};

Failure failure(FailureClass kind) {
    return make_failure(kind, "scripted");
}

/// No connection was made.
Failure unsent() {
    auto made = failure(FailureClass::network);
    made.is_unsent = true;
    return made;
}

ScriptedModel::Events whole_answer() {
    return {Event(TextDelta{"こん"}), Event(TextDelta{"にちは"}),
            Event(Finished{FinishReason::stop})};
}

class RetryTest : public testing::Test {
protected:
    Outcome<std::vector<Event>> ask() { return run_task(collect()); }

    asio::awaitable<Outcome<std::vector<Event>>> collect() {
        auto stream = co_await retrying.start({});
        if (!stream) co_return std::unexpected(stream.error());
        std::vector<Event> events;
        for (;;) {
            auto event = co_await (*stream)->next();
            if (!event) co_return std::unexpected(event.error());
            events.push_back(*event);
            if (std::holds_alternative<Finished>(*event)) co_return events;
        }
    }

    std::shared_ptr<ScriptedModel> model = std::make_shared<ScriptedModel>();
    Zeros random;
    RetryingModel retrying{model, RetryPolicy{}, random};
};

TEST_F(RetryTest, TriesAgainWhenTheServerIsOverloadedAndGivesTheWholeAnswer) {
    model->answers.emplace_back(std::unexpected(failure(FailureClass::overloaded)));
    model->answers.emplace_back(std::unexpected(unsent()));
    model->answers.emplace_back(whole_answer());

    auto const events = ask();

    ASSERT_TRUE(events);
    ASSERT_EQ(events->size(), 3u);
    EXPECT_EQ(std::get<TextDelta>(events->front()).text, "こん");
}

TEST_F(RetryTest, TriesAgainWhenTheServerGivesUpBeforeTheFirstEvent) {
    ScriptedModel::Events const given_up = {std::unexpected(failure(FailureClass::overloaded))};
    model->answers.emplace_back(given_up);
    model->answers.emplace_back(whole_answer());

    EXPECT_TRUE(ask());
    EXPECT_EQ(model->requests.size(), 2u);
}

TEST_F(RetryTest, NeverPaysTwiceForAQuestionWhoseConnectionBroke) {
    ScriptedModel::Events const broken = {std::unexpected(failure(FailureClass::network))};
    model->answers.emplace_back(broken);  // behind the head of the answer
    EXPECT_EQ(ask().error().kind, FailureClass::network);
    model->answers.emplace_back(std::unexpected(failure(FailureClass::network)));  // before it
    EXPECT_EQ(ask().error().kind, FailureClass::network);
    EXPECT_EQ(model->requests.size(), 2u);
}

TEST_F(RetryTest, NeverTriesAgainAfterTheFirstEvent) {
    ScriptedModel::Events const cut = {Event(TextDelta{"Hel"}),
                                       std::unexpected(failure(FailureClass::network))};
    model->answers.emplace_back(cut);

    EXPECT_EQ(ask().error().kind, FailureClass::network);
    EXPECT_EQ(model->requests.size(), 1u);
}

TEST_F(RetryTest, NeverRepeatsWhatCannotHelp) {
    for (auto const kind : {FailureClass::auth, FailureClass::not_found, FailureClass::invalid,
                            FailureClass::context_length, FailureClass::quota,
                            FailureClass::timeout, FailureClass::cancelled}) {
        model->requests.clear();
        model->answers.emplace_back(std::unexpected(failure(kind)));
        EXPECT_EQ(ask().error().kind, kind);
        EXPECT_EQ(model->requests.size(), 1u);
    }
}

TEST_F(RetryTest, GivesUpAfterThreeAttempts) {
    for (int i = 0; i < 3; ++i)
        model->answers.emplace_back(std::unexpected(failure(FailureClass::rate_limited)));
    EXPECT_EQ(ask().error().kind, FailureClass::rate_limited);
    EXPECT_EQ(model->requests.size(), 3u);
}

TEST_F(RetryTest, AsksAModelThatFailsOnceMore) {
    for (int i = 0; i < 3; ++i)
        model->answers.emplace_back(std::unexpected(failure(FailureClass::model_error)));
    EXPECT_EQ(ask().error().kind, FailureClass::model_error);
    EXPECT_EQ(model->requests.size(), 2u);
}

TEST_F(RetryTest, AnAdviceLongerThanAMinuteIsAFailureAtOnce) {
    auto limited = failure(FailureClass::rate_limited);
    limited.retry_after = std::chrono::minutes(10);
    model->answers.emplace_back(std::unexpected(limited));
    EXPECT_EQ(ask().error().retry_after, std::chrono::minutes(10));
    EXPECT_EQ(model->requests.size(), 1u);
}

TEST_F(RetryTest, WhenEverythingFailsTheCallsStayUnderATenthAboveWhatWasAsked) {
    constexpr std::size_t calls = 1'000;
    std::size_t attempts = 0;
    for (std::size_t i = 0; i < calls; ++i) {
        model->requests.clear();
        model->answers.clear();
        for (int k = 0; k < 3; ++k)
            model->answers.emplace_back(std::unexpected(failure(FailureClass::overloaded)));
        EXPECT_FALSE(ask());
        attempts += model->requests.size();
    }
    EXPECT_LE(attempts, calls + calls / 10);
}

}  // namespace
}  // namespace kaiwa::llm
