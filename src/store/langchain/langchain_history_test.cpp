#include "store/langchain/langchain_history.hpp"

#include "tests/support/log_lines.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/scripted_calls.hpp"

#include <gtest/gtest.h>

namespace kaiwa::store::langchain {
namespace {

using kaiwa::test::run_task;

class LangchainHistoryTest : public testing::Test {
protected:
    LangchainHistory history(std::optional<std::chrono::seconds> ttl = std::nullopt) {
        return {calls, {"T", ttl}, clock, random, log};
    }
    Result<void> append(std::optional<std::chrono::seconds> ttl = std::nullopt) {
        auto made = history(ttl);
        return run_task(made.append("s-1", exchange));
    }
    /// What the model is told when `last` is the last that we know of the session.
    std::vector<chat::Remembered> read(std::optional<chat::Exchange> last = std::nullopt) {
        auto made = history();
        auto said = run_task(made.read("s-1", std::move(last)));
        EXPECT_TRUE(said) << said.error().message;
        return std::move(said).value_or(std::vector<chat::Remembered>{});
    }
    static Item session(Value::List list) {
        return {{"SessionId", "s-1"}, {"History", std::move(list)}};
    }
    std::string text_at(std::size_t call, char const* member) {
        return json::value_to<std::string>(calls.asked.at(call).second.at(member));
    }

    kaiwa::test::ScriptedCalls calls;
    kaiwa::test::ManualClock clock;
    SystemRandom random;
    kaiwa::test::LogLines log;
    chat::Exchange exchange{MessageId{Uuid{{1}}}, "色は?", MessageId{Uuid{{2}}}, "青です。",
                            clock.now()};
};

TEST_F(LangchainHistoryTest, ReadsASessionAsItIsNow) {
    calls.item(session({human_element("q", ""), ai_element("a", "")}));
    EXPECT_EQ(read().size(), 2u);
    EXPECT_EQ(calls.asked[0].first, "GetItem");
    EXPECT_EQ(calls.asked[0].second.at("ConsistentRead"), true);
    EXPECT_EQ(calls.asked[0].second.at("Key").at("SessionId").at("S"), "s-1");
    EXPECT_TRUE(read().empty());
}

TEST_F(LangchainHistoryTest, AddsTheLastAnswerWhereNobodyWasLeftToDoSo) {
    MessageId const before{Uuid{{9}}};
    exchange.reply_before = before;
    auto const then = session({human_element("q", ""), ai_element("a", before.text())});
    calls.item(then);  // read
    calls.item(then);  // to add
    calls.accept();
    calls.item(session({human_element("q", ""), ai_element("a", before.text()),
                        human_element(exchange.question, exchange.question_id.text()),
                        ai_element(exchange.answer, exchange.reply_id.text())}));
    EXPECT_EQ(read(exchange).size(), 4u);
    ASSERT_EQ(calls.asked.size(), 4u);
    EXPECT_EQ(calls.asked[2].first, "UpdateItem");
}

TEST_F(LangchainHistoryTest, AddsTheFirstAnswerOfASessionWhileItIsNew) {
    calls.accept();  // nothing there
    calls.accept();
    calls.accept();
    calls.item(session({human_element("q", ""), ai_element("a", exchange.reply_id.text())}));
    EXPECT_EQ(read(exchange).size(), 2u);

    calls.asked.clear();
    calls.answers.clear();
    exchange.asked_at = clock.now() - std::chrono::hours(2);
    EXPECT_TRUE(read(exchange).empty());
    EXPECT_EQ(calls.asked.size(), 1u) << "somebody cleared it";
}

TEST_F(LangchainHistoryTest, LeavesASessionAsOthersClearedOrCutIt) {
    exchange.reply_before = MessageId{Uuid{{9}}};
    EXPECT_TRUE(read(exchange).empty());
    calls.item(session({human_element("theirs", ""), ai_element("a", "run-1")}));
    EXPECT_EQ(read(exchange).size(), 2u);
    auto over = session({ai_element("a", exchange.reply_before->text())});
    over.emplace("expireAt", std::int64_t{1});
    calls.item(over);
    EXPECT_TRUE(read(exchange).empty());
    for (auto const& [operation, body] : calls.asked) EXPECT_EQ(operation, "GetItem");
}

TEST_F(LangchainHistoryTest, ReadsASessionWhoseLastAnswerHasNoRoom) {
    exchange.reply_before = MessageId{Uuid{{9}}};
    exchange.answer = std::string(max_history_bytes, 'a');
    auto const then = session({ai_element("a", exchange.reply_before->text())});
    for (int i = 0; i < 3; ++i) calls.item(then);
    EXPECT_EQ(read(exchange).size(), 1u);
    for (auto const& [operation, body] : calls.asked) EXPECT_EQ(operation, "GetItem");
}

TEST_F(LangchainHistoryTest, ForgetsASessionWhoseTimeIsOver) {
    auto const now =
        std::chrono::floor<std::chrono::seconds>(clock.now()).time_since_epoch().count();
    for (auto const& [at, messages] : {std::pair{now, 0u}, std::pair{now + 1, 1u}}) {
        auto item = session({human_element("q", "")});
        item.emplace("expireAt", at);
        calls.item(item);
        EXPECT_EQ(read().size(), messages);
    }
    // What comes next begins it anew, while nobody else did.
    auto over = session({human_element("old", "")});
    over.emplace("expireAt", now);
    calls.item(over);
    calls.accept();
    ASSERT_TRUE(append());
    auto const& values = calls.asked.back().second.at("ExpressionAttributeValues");
    EXPECT_EQ(json::serialize(values).find("old"), std::string::npos);
    EXPECT_NE(text_at(calls.asked.size() - 1, "UpdateExpression").find("REMOVE"),
              std::string::npos);
}

TEST_F(LangchainHistoryTest, AddsAPairWhileTheListIsAsItWasRead) {
    calls.item(session({human_element("q", ""), ai_element("a", "")}));
    calls.accept();
    ASSERT_TRUE(append());
    ASSERT_EQ(calls.asked.size(), 2u);
    EXPECT_EQ(calls.asked[1].first, "UpdateItem");
    EXPECT_NE(text_at(1, "UpdateExpression").find("list_append"), std::string::npos);
    EXPECT_TRUE(text_at(1, "ConditionExpression").starts_with("size("));
}

TEST_F(LangchainHistoryTest, BeginsASessionThatIsNotThere) {
    calls.accept();
    calls.accept();
    ASSERT_TRUE(append());
    EXPECT_TRUE(text_at(1, "ConditionExpression").starts_with("attribute_not_exists("));
}

TEST_F(LangchainHistoryTest, AddsNothingTwice) {
    calls.item(session({human_element("色は?", exchange.question_id.text()),
                        ai_element("青です。", exchange.reply_id.text())}));
    ASSERT_TRUE(append());
    EXPECT_EQ(calls.asked.size(), 1u);
}

TEST_F(LangchainHistoryTest, ReadsAgainWhenSomebodyElseWrote) {
    calls.item(session({human_element("q", "")}));
    calls.refuse("ConditionalCheckFailedException");
    calls.item(session({human_element("q", ""), ai_element("a", "")}));
    calls.accept();
    ASSERT_TRUE(append());
    EXPECT_EQ(calls.asked.size(), 4u);
}

TEST_F(LangchainHistoryTest, CutsAnItemThatIsFull) {
    Value::List full;
    for (int i = 0; i < 38; ++i) {
        full.push_back(human_element(std::string(5'000, 'q'), ""));
        full.push_back(ai_element(std::string(5'000, 'a'), ""));
    }
    calls.item(session(full));
    calls.accept();
    ASSERT_TRUE(append());
    EXPECT_EQ(text_at(1, "UpdateExpression").find("list_append"), std::string::npos);
    auto const written = json::serialize(calls.asked[1].second);
    EXPECT_LT(written.size(), dynamodb::max_item_bytes);
    EXPECT_NE(written.find("青です。"), std::string::npos);
}

TEST_F(LangchainHistoryTest, SetsATimeToLiveWhenConfigured) {
    calls.accept();
    calls.accept();
    ASSERT_TRUE(append(std::chrono::hours(1)));
    auto const at = std::chrono::floor<std::chrono::seconds>(clock.now()) + std::chrono::hours(1);
    auto const written = json::serialize(calls.asked.at(1).second);
    EXPECT_NE(written.find(std::to_string(at.time_since_epoch().count())), std::string::npos);
}

TEST_F(LangchainHistoryTest, SaysWhatFailed) {
    calls.refuse("ResourceNotFoundException");
    auto const appended = append();
    ASSERT_FALSE(appended);
    EXPECT_EQ(appended.error().reason, "no_table");
    EXPECT_TRUE(log.text().contains("compat.history_table")) << log.text();
}

TEST_F(LangchainHistoryTest, LeavesAloneASessionInAnotherForm) {
    calls.item({{"SessionId", "s-1"}, {"History", "text"}});
    EXPECT_EQ(append().error().code, Errc::invalid_argument);
    EXPECT_EQ(calls.asked.size(), 1u);
}

}  // namespace
}  // namespace kaiwa::store::langchain
