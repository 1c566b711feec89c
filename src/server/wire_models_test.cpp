#include "server/wire_models.hpp"

#include "tests/support/log_lines.hpp"
#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

namespace kaiwa::server {
namespace {

using test::run_task;

llm::ProviderConfig provider(std::string name) {
    llm::ProviderConfig config;
    config.name = std::move(name);
    config.kind = "openai";
    config.base_url = "http://127.0.0.1:9/v1";
    config.models = {"m"};
    return config;
}

/// Gives out what it holds when a read begins, `delays` later.
class SlowProviders final : public llm::ProviderStore {
public:
    asio::awaitable<Result<std::vector<llm::ProviderConfig>>> providers() override {
        auto read = stored;
        if (!delays.empty()) {
            auto const delay = delays.front();
            delays.pop_front();
            co_await sleep_for(delay);
        }
        co_return read;
    }
    asio::awaitable<Result<void>> put_provider(llm::ProviderConfig) override {
        co_return fail(Errc::internal, "not here");
    }
    asio::awaitable<Result<void>> remove_provider(std::string) override {
        co_return fail(Errc::internal, "not here");
    }
    std::vector<llm::ProviderConfig> stored;
    std::deque<std::chrono::milliseconds> delays;
};

class ModelsTest : public testing::Test {
protected:
    [[nodiscard]] std::vector<std::string> names() {
        std::vector<std::string> found;
        for (auto const& status : models.catalogue().providers())
            found.push_back(status.config.name);
        std::ranges::sort(found);
        return found;
    }

    [[nodiscard]] std::size_t times_told(std::string_view event) const {
        auto const text = log.text();
        std::size_t times = 0;
        for (auto at = text.find(event); at != text.npos; at = text.find(event, at + 1)) ++times;
        return times;
    }

    SlowProviders store;
    SystemClock clock;
    SystemRandom random;
    test::LogLines log;
    Settings const settings_of_start;
    AwsGround aws{settings_of_start, AwsGround::Connections::closed, clock, random, log};
    Models models{store, settings_of_start, aws, clock, random, log};
};

using Names = std::vector<std::string>;

TEST_F(ModelsTest, KnowsTheModelsOfProvidersThatAreThereHereOrAtAnotherServer) {
    Settings settings;
    settings.providers = {provider("good")};
    ASSERT_TRUE(models.configure(settings));
    EXPECT_TRUE(run_task(models.knows("good/m"))) << "whether its server is there or not";
    EXPECT_FALSE(run_task(models.knows("good/other"))) << "what is offered is said";
    EXPECT_FALSE(run_task(models.knows("late/m")));
    EXPECT_FALSE(run_task(models.knows("")));
    store.stored = {provider("late")};
    EXPECT_TRUE(run_task(models.knows("late/m"))) << "somebody entered it a moment ago";
}

TEST_F(ModelsTest, AProviderWhoseKeyIsLostIsDeniedAndNeverCalled) {
    store.stored.push_back(provider("locked"));
    store.stored.back().is_key_lost = true;
    ASSERT_TRUE(run_task(models.reload()));
    auto refresh = [](llm::Catalogue& catalogue) -> asio::awaitable<Result<void>> {
        co_await catalogue.refresh();
        co_return Result<void>{};
    };
    ASSERT_TRUE(run_task(refresh(models.catalogue())));
    auto const all = models.catalogue().providers();
    auto const locked = std::ranges::find(all, "locked", [](auto& s) { return s.config.name; });
    ASSERT_NE(locked, all.end());
    EXPECT_EQ(locked->state, llm::ProviderStatus::State::denied);
    EXPECT_TRUE(locked->reason.contains("enter the key again")) << locked->reason;
    auto const found = models.catalogue().find("locked/m");
    ASSERT_TRUE(found);
    auto start = [](llm::ChatModel& model) -> asio::awaitable<llm::FailureClass> {
        auto const started = co_await model.start({});
        co_return started ? llm::FailureClass::cancelled : started.error().kind;
    };
    EXPECT_EQ(run_task(start(*found->provider)), llm::FailureClass::auth);

    // The key that was entered again is another configuration.
    store.stored.back().is_key_lost = false;
    store.stored.back().api_key = Secret("sk-1");
    ASSERT_TRUE(run_task(models.reload()));
    EXPECT_NE(models.catalogue().find("locked/m")->provider, found->provider);
}

TEST_F(ModelsTest, ADefaultThatNoProviderHasIsToldOnceAndNotTaken) {
    Settings settings;
    settings.providers = {provider("good")};
    settings.default_model = "no/such";
    ASSERT_TRUE(models.configure(settings));
    models.look_for_default();
    EXPECT_EQ(models.default_model(), "no/such") << "its provider may be stored";
    ASSERT_TRUE(run_task(models.reload()));
    models.look_for_default();
    models.look_for_default();
    EXPECT_EQ(models.default_model(), "good/m");
    EXPECT_EQ(times_told("default_model_not_there"), 1u);

    store.stored = {provider("no")};
    store.stored.back().models = {"su*"};
    ASSERT_TRUE(run_task(models.reload()));
    models.look_for_default();
    EXPECT_EQ(models.default_model(), "no/such") << "it may be loaded by the first call";
    EXPECT_EQ(times_told("default_model_not_there"), 1u);
}

TEST_F(ModelsTest, ARefusedConfigurationLeavesEverythingAsItWas) {
    Settings settings;
    settings.providers = {provider("good")};
    settings.default_model = "good/m";
    ASSERT_TRUE(models.configure(settings));

    auto wrong = settings;
    wrong.providers.push_back(provider("bad"));
    wrong.providers.back().options["idle_ms"] = "5s";
    wrong.default_model = "bad/m";
    EXPECT_FALSE(models.configure(wrong));
    EXPECT_EQ(names(), (Names{"good"}));
    EXPECT_EQ(models.default_model(), "good/m");

    store.stored = {provider("added")};
    auto const reloaded = run_task(models.reload());
    EXPECT_TRUE(reloaded) << reloaded.error().message;
    EXPECT_EQ(names(), (Names{"added", "good"}));
}

asio::awaitable<void> reload(Models& models) {
    static_cast<void>(co_await models.reload());
}

TEST_F(ModelsTest, ASlowReadDoesNotBringBackWhatWasRemovedMeanwhile) {
    Settings settings;
    settings.providers = {provider("good")};
    ASSERT_TRUE(models.configure(settings));
    store.stored = {provider("old")};
    store.delays = {std::chrono::milliseconds(50), std::chrono::milliseconds(0)};
    asio::io_context io;
    spawn(io.get_executor(), {}, reload(models), [](std::exception_ptr) {});  // reads "old"
    io.poll();
    store.stored = {provider("new")};
    spawn(io.get_executor(), {}, reload(models), [](std::exception_ptr) {});
    io.run();
    EXPECT_EQ(names(), (Names{"good", "new"}));
}

}  // namespace
}  // namespace kaiwa::server
