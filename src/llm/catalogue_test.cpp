#include "llm/catalogue.hpp"

#include "base/utf8.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/scripted_model.hpp"

#include <gtest/gtest.h>

namespace kaiwa::llm {
namespace {

using test::run_task;
using test::ScriptedModel;

ModelInfo info(std::string id) {
    ModelInfo model;
    model.id = model.name = std::move(id);
    return model;
}

std::unexpected<Failure> failed(FailureClass kind, std::string message) {
    return std::unexpected(make_failure(kind, std::move(message)));
}

class CatalogueTest : public testing::Test {
protected:
    ProviderConfig provider(std::string name, std::vector<std::string> patterns = {}) {
        ProviderConfig config;
        config.name = std::move(name);
        config.kind = "scripted";
        config.models = std::move(patterns);
        return config;
    }

    /// The names and states of all models, e.g. "local/a ready".
    std::vector<std::string> shown() {
        std::vector<std::string> lines;
        for (auto const& model : run_task(catalogue.models(std::chrono::seconds(2)))) {
            auto const state = model.state == ModelState::ready         ? "ready"
                               : model.state == ModelState::unreachable ? "unreachable"
                                                                        : "denied";
            lines.push_back(model.id + ' ' + state);
        }
        return lines;
    }

    /// The same after what was asked meanwhile.
    std::vector<std::string> settled() {
        run_task(ask_and_settle(catalogue));
        return shown();
    }
    static asio::awaitable<int> ask_and_settle(Catalogue& catalogue) {
        co_await catalogue.models(std::chrono::seconds(2));
        co_await catalogue.settle(std::chrono::steady_clock::now() + std::chrono::seconds(2));
        co_return 0;
    }
    static asio::awaitable<int> refresh_once(Catalogue& catalogue) {
        co_await catalogue.refresh();
        co_return 0;
    }

    std::map<std::string, std::shared_ptr<ScriptedModel>> models;
    test::ManualClock clock;
    NullLog log;
    Catalogue catalogue{[this](ProviderConfig const& config) -> Result<std::shared_ptr<ChatModel>> {
                            if (config.kind != "scripted")
                                return fail(Errc::invalid_argument, "no such kind");
                            ++times_made;
                            auto& model = models[config.name];
                            if (!model) model = std::make_shared<ScriptedModel>();
                            return std::static_pointer_cast<ChatModel>(model);
                        },
                        clock, log};
    int times_made = 0;
};

using Lines = std::vector<std::string>;

TEST_F(CatalogueTest, ListsWhatEachServerListsAndItsPatternsAllow) {
    ASSERT_TRUE(catalogue.set_providers({provider("local", {"qwen*"}), provider("other")}));
    models["local"]->lists.push_back(std::vector{info("qwen3"), info("llama3"), info("qwen3")});
    models["other"]->lists.push_back(std::vector{info("vendor/m1")});

    EXPECT_EQ(shown(), (Lines{"local/qwen3 ready", "other/vendor/m1 ready"}));
    auto const found = catalogue.find("other/vendor/m1");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->info.id, "vendor/m1");
    EXPECT_EQ(found->provider_name, "other");
}

TEST_F(CatalogueTest, AModelNamedOutrightIsListedAsUnreachableWithTheReasonWhileItsServerIsDown) {
    ASSERT_TRUE(catalogue.set_providers({provider("local", {"qwen3", "llama*"})}));
    models["local"]->lists.push_back(
        failed(FailureClass::network, "no connection to 127.0.0.1:9900"));

    EXPECT_EQ(shown(), (Lines{"local/qwen3 unreachable"}));
    auto const all = run_task(catalogue.models(std::chrono::seconds(0)));
    EXPECT_EQ(all.front().reason, "no connection to 127.0.0.1:9900");
    EXPECT_EQ(all.front().reason_class, FailureClass::network);
    EXPECT_EQ(catalogue.providers().front().state, ProviderStatus::State::unreachable);
}

TEST_F(CatalogueTest, WhatNamesAccountsIsForAdministratorsOnly) {
    ASSERT_TRUE(catalogue.set_providers({provider("cloud", {"gpt"})}));
    auto refused = make_failure(FailureClass::auth, "refused; the log says why");
    refused.for_operator = "arn:aws:iam::1:role/site may not";
    models["cloud"]->lists.push_back(std::unexpected(refused));
    auto const shown_reason = [&] {
        return run_task(catalogue.models(std::chrono::seconds(1))).front().reason;
    };
    EXPECT_EQ(shown_reason(), "refused; the log says why");
    EXPECT_EQ(catalogue.providers().front().reason, refused.for_operator);

    auto down = make_failure(FailureClass::network, "no way there");
    down.for_operator = "no way to arn:aws:x";
    catalogue.report("cloud", {{}, &down});
    EXPECT_EQ(shown_reason(), "no way there");
    EXPECT_EQ(catalogue.providers().front().reason, down.for_operator);
}

TEST_F(CatalogueTest, WhatWasListedBeforeStaysListedAsUnreachable) {
    ASSERT_TRUE(catalogue.set_providers({provider("local")}));
    models["local"]->lists.push_back(std::vector{info("a")});
    models["local"]->lists.push_back(failed(FailureClass::network, "gone"));
    EXPECT_EQ(shown(), (Lines{"local/a ready"}));

    run_task(refresh_once(catalogue));

    EXPECT_EQ(shown(), (Lines{"local/a unreachable"}));
}

TEST_F(CatalogueTest, AsksAgainInTimeWhereNobodyKeepsItFresh) {
    ASSERT_TRUE(catalogue.set_providers({provider("local")}));
    models["local"]->lists.push_back(failed(FailureClass::network, "connection refused"));
    models["local"]->lists.push_back(std::vector{info("a")});
    models["local"]->lists.push_back(std::vector{info("a"), info("b")});
    EXPECT_EQ(shown(), Lines{});
    EXPECT_EQ(shown(), Lines{}) << "not at once again";
    clock.advance(std::chrono::seconds(5));
    EXPECT_EQ(settled(), (Lines{"local/a ready"}));
    EXPECT_EQ(settled(), (Lines{"local/a ready"}));
    clock.advance(std::chrono::seconds(60));
    EXPECT_EQ(settled(), (Lines{"local/a ready", "local/b ready"}));
}

TEST_F(CatalogueTest, AWrongKeyIsDenied) {
    ASSERT_TRUE(catalogue.set_providers({provider("cloud", {"gpt"})}));
    models["cloud"]->lists.push_back(failed(FailureClass::auth, "the key was refused"));
    EXPECT_EQ(shown(), (Lines{"cloud/gpt denied"}));
}

TEST_F(CatalogueTest, AServerWithoutAListIsReadyWhenItsModelsAreNamed) {
    ASSERT_TRUE(catalogue.set_providers({provider("own", {"m"})}));
    models["own"]->lists.push_back(failed(FailureClass::not_found, "no such address"));
    EXPECT_EQ(shown(), (Lines{"own/m ready"}));
    EXPECT_TRUE(run_task(catalogue.test(provider("own", {"m"}))));
    EXPECT_FALSE(run_task(catalogue.test(provider("own"))));
}

TEST_F(CatalogueTest, FindsAModelThatIsNotDiscoveredButNotOneThatThePatternsExclude) {
    ASSERT_TRUE(catalogue.set_providers({provider("local", {"qwen*"}), provider("free")}));
    EXPECT_TRUE(catalogue.find("local/qwen99"));
    EXPECT_TRUE(catalogue.find("free/anything/at:all"));
    for (auto const* id : {"local/gpt", "nobody/m", "local", "local/", "/m", ""}) {
        EXPECT_EQ(catalogue.find(id).error().code, Errc::not_found) << id;
    }
}

TEST_F(CatalogueTest, NamesAMissingModelWithoutCuttingACharacter) {
    std::string name = "x/";
    for (int i = 0; i < 100; ++i) name += "あ";
    auto const found = catalogue.find(name);
    ASSERT_FALSE(found);
    EXPECT_TRUE(is_valid_utf8(found.error().message));
}

TEST_F(CatalogueTest, AProviderThatDidNotChangeKeepsItsStateAndItsModel) {
    ASSERT_TRUE(catalogue.set_providers({provider("local"), provider("gone")}));
    models["local"]->lists.push_back(std::vector{info("a")});
    models["gone"]->lists.push_back(std::vector{info("b")});
    EXPECT_EQ(shown().size(), 2u);

    ASSERT_TRUE(catalogue.set_providers({provider("local")}));

    EXPECT_EQ(shown(), (Lines{"local/a ready"}));
    EXPECT_EQ(times_made, 2);
    EXPECT_EQ(models["local"]->times_listed, 1u);
    EXPECT_FALSE(catalogue.find("gone/b"));
}

TEST_F(CatalogueTest, RefusesNamesAndKindsThatCannotBeAndKeepsWhatItHad) {
    ASSERT_TRUE(catalogue.set_providers({provider("local")}));
    auto odd = provider("odd");
    odd.kind = "unheard-of";
    EXPECT_FALSE(catalogue.set_providers({provider("Local")}));
    EXPECT_FALSE(catalogue.set_providers({provider("-x")}));
    EXPECT_FALSE(catalogue.set_providers({provider("a/b")}));
    EXPECT_FALSE(catalogue.set_providers({provider("a"), provider("a")}));
    EXPECT_EQ(catalogue.set_providers({odd}).error().message, "provider \"odd\": no such kind");
    EXPECT_TRUE(catalogue.find("local/a"));
}

TEST_F(CatalogueTest, AFailedCallShowsAtOnceAndAGoodOneTakesItBack) {
    ASSERT_TRUE(catalogue.set_providers({provider("local")}));
    models["local"]->lists.push_back(std::vector{info("a")});
    EXPECT_EQ(shown(), (Lines{"local/a ready"}));

    auto const down = make_failure(FailureClass::network, "no connection");
    catalogue.report("local", {.first_token = {}, .failure = &down});
    EXPECT_EQ(shown(), (Lines{"local/a unreachable"}));
    EXPECT_EQ(catalogue.providers().front().reason_class, FailureClass::network);
    catalogue.report("local", {});
    EXPECT_EQ(shown(), (Lines{"local/a ready"}));
    EXPECT_EQ(catalogue.providers().front().reason_class, std::nullopt);

    auto const busy = make_failure(FailureClass::rate_limited, "too many requests");
    catalogue.report("local", {.first_token = {}, .failure = &busy});
    EXPECT_EQ(shown(), (Lines{"local/a ready"}));
    EXPECT_EQ(catalogue.providers().front().last_error, "too many requests");
    EXPECT_EQ(catalogue.providers().front().last_error_class, FailureClass::rate_limited);
}

TEST_F(CatalogueTest, OneRefusedModelDeniesNoOther) {
    ASSERT_TRUE(catalogue.set_providers({provider("aws")}));
    models["aws"]->lists.push_back(std::vector{info("a"), info("b")});
    EXPECT_EQ(shown(), (Lines{"aws/a ready", "aws/b ready"}));

    auto const refused = make_failure(FailureClass::auth, "no access to the model a");
    catalogue.report("aws", {.first_token = {}, .failure = &refused});
    EXPECT_EQ(shown(), (Lines{"aws/a ready", "aws/b ready"}));
    EXPECT_EQ(catalogue.providers().front().last_error, "no access to the model a");

    // A key that is void is refused for the list, too.
    models["aws"]->lists.clear();
    models["aws"]->lists.push_back(failed(FailureClass::auth, "the key is void"));
    run_task(refresh_once(catalogue));
    EXPECT_EQ(shown(), (Lines{"aws/a denied", "aws/b denied"}));
}

TEST_F(CatalogueTest, CallsAreCountedAndAChangedProviderKeepsItsFigures) {
    using namespace std::chrono_literals;
    ASSERT_TRUE(catalogue.set_providers({provider("local"), provider("other")}));
    auto const stopped = make_failure(FailureClass::cancelled, "stopped");
    auto const broken = make_failure(FailureClass::model_error, "broken");
    catalogue.report("local", {.first_token = 30ms, .failure = nullptr});
    catalogue.report("local", {.first_token = 50ms, .failure = &stopped});
    catalogue.report("local", {.first_token = {}, .failure = &broken});
    catalogue.report("nobody", {.first_token = {}, .failure = &broken});

    ASSERT_TRUE(catalogue.set_providers({provider("local", {"qwen*"}), provider("other")}));

    auto const shown = catalogue.activity("local", 1min, 1);
    ASSERT_TRUE(shown);
    EXPECT_EQ(shown->front().requests, 3u);
    EXPECT_EQ(shown->front().failures, 1u);
    EXPECT_EQ(shown->front().mean_first_token, 40ms);
    EXPECT_EQ(catalogue.activity("other", 1min, 1)->front().requests, 0u);
    EXPECT_EQ(catalogue.activity("nobody", 1min, 1).error().code, Errc::not_found);

    ASSERT_TRUE(catalogue.set_providers({provider("other")}));
    ASSERT_TRUE(catalogue.set_providers({provider("local"), provider("other")}));
    EXPECT_EQ(catalogue.activity("local", 1min, 1)->front().requests, 0u);
}

/// Fails with an exception the first time.
class ThrowingModel final : public ChatModel {
public:
    asio::awaitable<Outcome<std::unique_ptr<CompletionStream>>> start(CompletionRequest) override {
        co_return std::unexpected(make_failure(FailureClass::invalid, "not here"));
    }
    asio::awaitable<Outcome<std::vector<ModelInfo>>> list() override {
        if (asked++ == 0) throw std::runtime_error("bug");
        co_return std::vector{info("a")};
    }
    int asked = 0;
};

TEST_F(CatalogueTest, AProviderWhoseListThrewIsAskedAgain) {
    auto const model = std::make_shared<ThrowingModel>();
    Catalogue throwing(
        [&](ProviderConfig const&) -> Result<std::shared_ptr<ChatModel>> { return model; }, clock,
        log);
    ASSERT_TRUE(throwing.set_providers({provider("local")}));
    asio::io_context io;
    asio::cancellation_signal stop;
    spawn(io.get_executor(), stop.slot(), throwing.keep_fresh(), [](std::exception_ptr) {});
    io.run_for(std::chrono::milliseconds(50));
    EXPECT_EQ(throwing.providers().front().state, ProviderStatus::State::unreachable);
    stop.emit(asio::cancellation_type::terminal);
    io.run_for(std::chrono::seconds(5));

    EXPECT_EQ(run_task(refresh_once(throwing)), 0);
    EXPECT_EQ(throwing.providers().front().state, ProviderStatus::State::ready);
}

TEST_F(CatalogueTest, KeepFreshAsksAtOnceAndEndsWhenStopped) {
    ASSERT_TRUE(catalogue.set_providers({provider("local")}));
    models["local"]->lists.push_back(std::vector{info("a")});
    asio::io_context io;
    asio::cancellation_signal stop;
    bool ended = false;
    spawn(io.get_executor(), stop.slot(), catalogue.keep_fresh(),
          [&](std::exception_ptr escaped) { ended = escaped == nullptr; });

    io.run_for(std::chrono::milliseconds(50));
    EXPECT_EQ(catalogue.providers().front().state, ProviderStatus::State::ready);
    EXPECT_EQ(models["local"]->times_listed, 1u);
    stop.emit(asio::cancellation_type::terminal);
    io.run_for(std::chrono::seconds(5));
    EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace kaiwa::llm
