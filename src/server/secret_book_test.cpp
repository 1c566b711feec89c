#include "server/secret_book.hpp"

#include "server/late_key_model.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run_task.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace kaiwa::server {
namespace {

constexpr char const* reference = "secret:aws-ssm:/key";

class SecretBookTest : public testing::Test {
protected:
    asio::awaitable<aws::Outcome<Secret>> fetch(aws::SecretReference) {
        ++asked;
        if (slow) co_await sleep_for(std::chrono::milliseconds(20));
        if (failing) {
            aws::Failure failure;
            failure.status = 400;
            failure.code = "ParameterNotFound";
            co_return std::unexpected(failure);
        }
        co_return Secret(fmt::format("key{}", asked));
    }
    std::string get() {
        auto const secret = test::run_task(book.get(reference));
        return secret ? secret->reveal() : secret.error().message;
    }

    test::ManualClock clock;
    NullLog log;
    int asked = 0;
    bool failing = false;
    bool slow = false;
    SecretBook book{[this](aws::SecretReference name) { return fetch(std::move(name)); }, clock, log};
    std::string const not_found =
        "the secret secret:aws-ssm:/key cannot be read: Parameter Store answered ParameterNotFound";
};

TEST_F(SecretBookTest, ReadsASecretAgainAfterFiveMinutes) {
    EXPECT_EQ(get(), "key1");
    clock.advance(std::chrono::minutes(4));
    EXPECT_EQ(get(), "key1");
    clock.advance(std::chrono::minutes(2));
    EXPECT_EQ(get(), "key2");
}

TEST_F(SecretBookTest, KeepsTheLastGoodValue) {
    EXPECT_EQ(get(), "key1");
    failing = true;
    clock.advance(std::chrono::hours(5));
    EXPECT_EQ(get(), "key1");
    EXPECT_EQ(get(), "key1");
    EXPECT_EQ(asked, 2) << "it is not asked for with every call";
    failing = false;
    clock.advance(std::chrono::minutes(2));
    EXPECT_EQ(get(), "key3");
}

TEST_F(SecretBookTest, SaysWhyThereIsNoneAndTriesAgainSoon) {
    failing = true;
    EXPECT_EQ(get(), not_found);
    EXPECT_EQ(get(), not_found);
    EXPECT_EQ(asked, 1);
    failing = false;
    clock.advance(std::chrono::seconds(11));
    EXPECT_EQ(get(), "key2");
}

TEST_F(SecretBookTest, ReadsAgainWhenTold) {
    EXPECT_EQ(get(), "key1");
    book.refresh();
    EXPECT_EQ(get(), "key2");
}

TEST_F(SecretBookTest, AsksOnceForAnyNumberOfCallers) {
    slow = true;
    asio::io_context io(1);
    int good = 0;
    auto ask = [](SecretBook& from, int& count) -> asio::awaitable<void> {
        auto const secret = co_await from.get(reference);
        count += secret && secret->reveal() == "key1";
    };
    for (int i = 0; i < 20; ++i) spawn(io.get_executor(), {}, ask(book, good), [](std::exception_ptr) {});
    io.run();
    EXPECT_EQ(good, 20);
    EXPECT_EQ(asked, 1);
}

class NamedModel final : public llm::ChatModel {
public:
    explicit NamedModel(std::string key) : key_(std::move(key)) {}
    asio::awaitable<llm::Outcome<std::unique_ptr<llm::CompletionStream>>> start(
        llm::CompletionRequest) override {
        co_return std::unexpected(llm::make_failure(llm::FailureClass::invalid, key_));
    }
    asio::awaitable<llm::Outcome<std::vector<llm::ModelInfo>>> list() override {
        std::vector<llm::ModelInfo> models(1);
        models[0].id = key_;
        co_return models;
    }

private:
    std::string key_;
};

TEST_F(SecretBookTest, GivesAProviderItsKeyAndTheNextOne) {
    llm::ProviderConfig config;
    config.name = "late";
    int made = 0;
    LateKeyModel model(config, reference, book, [&made](llm::ProviderConfig const& whole) {
        ++made;
        return Result<std::shared_ptr<llm::ChatModel>>(std::make_shared<NamedModel>(whole.api_key.reveal()));
    });
    auto const first_model = [&] {
        auto const listed = test::run_task(model.list());
        return listed ? listed->at(0).id : llm::words_for_operator(listed.error());
    };
    failing = true;
    EXPECT_EQ(first_model(), not_found);
    EXPECT_EQ(made, 0);
    failing = false;
    book.refresh();
    EXPECT_EQ(first_model(), "key2");
    EXPECT_EQ(first_model(), "key2");
    EXPECT_EQ(made, 1);
    book.refresh();
    EXPECT_EQ(first_model(), "key3");
    EXPECT_EQ(made, 2);
}

}  // namespace
}  // namespace kaiwa::server
