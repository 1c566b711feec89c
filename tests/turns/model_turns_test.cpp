// Turns that real adapters answer: what they are asked with, and when readers see what they say.
#include "base/json.hpp"
#include "chat/model_responder.hpp"
#include "llm/retry.hpp"
#include "providers/anthropic/anthropic_model.hpp"
#include "providers/builtin/builtin_model.hpp"
#include "providers/custom/custom_model.hpp"
#include "providers/openai/openai_model.hpp"
#include "support/memory_transport.hpp"
#include "turns/forwarding_store.hpp"
#include "turns/some_files.hpp"
#include "turns/turn_fixture.hpp"

namespace kaiwa::chat {
namespace {

using namespace std::chrono_literals;

/// Endings are stored when the test says so.
class HoldsEndings final : public ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;
    asio::awaitable<Result<void>> end_generation(Lease lease, Ending ending) override {
        held = true;
        while (!released) {
            bool const waited = co_await sleep_for(1ms);
            if (!waited) co_return fail(Errc::unavailable, "the call was cancelled");
        }
        co_return co_await inner_.end_generation(lease, std::move(ending));
    }
    std::atomic<bool> held = false;
    std::atomic<bool> released = false;
};

/// An answer of which nothing more is asked before a wait, once it had nothing.
class StrictStream final : public llm::CompletionStream {
public:
    std::optional<llm::Outcome<llm::Event>> ready() override {
        EXPECT_FALSE(must_wait_) << "asked again without a wait";
        if (given_ == parts_.size()) return llm::Finished{llm::FinishReason::stop};
        auto part = parts_[given_++];
        must_wait_ = !part;
        return part ? std::optional<llm::Outcome<llm::Event>>(*part) : std::nullopt;
    }
    asio::awaitable<void> arrive() override {
        EXPECT_TRUE(must_wait_) << "waited while something was ready";
        must_wait_ = false;
        co_return;
    }

private:
    using Part = std::optional<llm::Event>;  // null: nothing yet
    std::vector<Part> parts_{llm::ReasoningDelta{"hm"}, Part{}, llm::TextDelta{"one"},
                             llm::TextDelta{"two"}, Part{}, llm::Usage{}, Part{},
                             llm::TextDelta{"three"}, llm::Usage{}, Part{}};
    std::size_t given_ = 0;
    bool must_wait_ = false;
};

class StrictModel final : public llm::ChatModel {
public:
    asio::awaitable<llm::Outcome<std::unique_ptr<llm::CompletionStream>>> start(
        llm::CompletionRequest) override {
        co_return std::make_unique<StrictStream>();
    }
    asio::awaitable<llm::Outcome<std::vector<llm::ModelInfo>>> list() override {
        co_return std::vector{llm::ModelInfo{"m", "m", {}, {}}};
    }
};

class ModelTurns : public TurnFixture {
protected:
    ModelTurns() {
        llm::ProviderConfig guide;
        guide.name = "guide";
        guide.kind = "builtin";
        std::vector<llm::ProviderConfig> providers{guide};
        for (auto const* kind : {"custom", "busy", "openai", "anthropic", "strict"}) {
            auto& provider = providers.emplace_back();
            provider.name = provider.kind = kind;
            provider.base_url = "http://h/v1";
            provider.api_key = Secret("key");
        }
        catalogue.set_providers(std::move(providers)).value();
        responder.script = [this](ScriptedResponder& self, TurnSink& sink) {
            return models.respond(self.asked, sink);
        };
    }
    Result<std::shared_ptr<llm::ChatModel>> make(llm::ProviderConfig const& config) {
        if (config.kind == "builtin") return providers::make_builtin(config);
        if (config.kind == "strict") return std::make_shared<StrictModel>();
        if (config.kind == "custom") return providers::make_custom(config, transport);
        if (config.kind == "busy") {
            auto model = providers::make_custom(config, transport);
            if (!model) return model;
            llm::RetryPolicy policy;
            policy.base = 1ms;
            return std::make_shared<llm::RetryingModel>(std::move(*model), policy, random);
        }
        if (config.kind == "openai") return providers::make_openai(config, transport);
        return providers::make_anthropic(config, transport);
    }
    TurnTicket ask_model(std::string model, std::string text) {
        auto question = question_of(std::move(text));
        question.settings.model = std::move(model);
        return get(service->ask(hana, thread, std::move(question)));
    }
    void expect_shown_before_it_is_stored(std::string const& model, std::string_view word) {
        HoldsEndings holds(store->chats());
        start_service({}, holds);
        auto const ticket = ask_model(model, "Hello");
        auto reader = get(service->follow(hana, ticket.generation, 0));
        auto const seen = read_until(*reader, word);
        EXPECT_FALSE(seen.contains("event: done")) << seen;
        run_loops_until([&] { return holds.held.load(); });
        holds.released = true;
        EXPECT_TRUE(read_rest(*reader).contains("event: done"));
        start_service({});
    }

    test::MemoryTransport transport;
    SomeFiles files;
    llm::Catalogue catalogue{[this](llm::ProviderConfig const& config) { return make(config); },
                             clock, log};
    ModelResponder models{catalogue, std::make_shared<PromptBuilder const>(
                                         store->chats(), files, recent, PromptOptions{})};
};

TEST_F(ModelTurns, WhatComesWholeIsShownBeforeItsEndIsStored) {
    expect_shown_before_it_is_stored("guide/echo", "Hello");
    transport.answer(200, R"({"response":"Good day"})");
    expect_shown_before_it_is_stored("custom/default", "Good day");
}

TEST_F(ModelTurns, ReadersAreToldThatABusyModelIsAskedAgain) {
    transport.answer(503, "full");
    transport.answer(429, "slower");
    transport.answer(200, R"({"response":"Good day"})");
    auto const ticket = ask_model("busy/default", "Hello");
    auto const answered = read_from(ticket.generation, 0);
    EXPECT_TRUE(answered.contains(
        R"("state":"running","detail":{"class":"overloaded","provider":"busy","failures":1})"))
        << answered;
    EXPECT_TRUE(answered.contains(R"("class":"rate_limited","provider":"busy","failures":2})"))
        << answered;
    EXPECT_TRUE(answered.contains(R"("name":"retry","state":"done")")) << answered;
    EXPECT_TRUE(answered.contains("Good day")) << answered;

    for (int i = 0; i < 3; ++i) transport.answer(503, "full");
    auto const given_up = read_from(ask_model("busy/default", "Hello").generation, 0);
    EXPECT_TRUE(given_up.contains(R"("name":"retry","state":"failed")")) << given_up;
    EXPECT_TRUE(given_up.contains(R"x("detail":"full (HTTP 503)")x")) << given_up;
    EXPECT_TRUE(given_up.contains(R"("reason":"said")")) << given_up;

    transport.answer(200, R"({"response":"Good day"})");
    auto const at_once = read_from(ask_model("busy/default", "Hello").generation, 0);
    EXPECT_FALSE(at_once.contains("retry")) << at_once;
}

TEST_F(ModelTurns, AStopEndsTheWaitForABusyModel) {
    test::MemoryAnswer busy;
    busy.status = 429;
    busy.headers.add("Retry-After", "30");
    transport.answers.emplace_back(busy);
    auto const ticket = ask_model("busy/default", "Hello");
    auto reader = get(service->follow(hana, ticket.generation, 0));
    read_until(*reader, "rate_limited");
    ASSERT_TRUE(get_result(service->stop(hana, ticket.generation)).has_value());
    auto const rest = read_rest(*reader);
    EXPECT_TRUE(rest.contains("event: stopped")) << rest;
    EXPECT_EQ(transport.requests.size(), 1u);
    // What no reader was sent is not in the message either.
    EXPECT_FALSE(rest.contains("event: step")) << rest;
    auto const stored = get(store->chats().messages(hana, thread, {})).items.back();
    EXPECT_TRUE(stored.steps_json.contains(R"("state":"running")")) << stored.steps_json;
}

// A stream that was asked too often may be given up before its connection can be used again.
TEST_F(ModelTurns, AModelIsWaitedForOnceItHadNothing) {
    auto const seen = read_from(ask_model("strict/m", "Hello").generation, 0);
    for (auto const* word : {"one", "two", "three", "event: done"})
        EXPECT_TRUE(seen.contains(word)) << seen;
}

/// Other programs' answers have pictures; models take those of people alone, and refuse the others.
class PicturesInAnswers : public ModelTurns {
protected:
    /// A thread as an import brings it, which ends with an answer with a picture.
    void import_thread(std::string answer) {
        ArchivedThread archived;
        archived.owner = hana;
        thread = archived.thread.id = ThreadId{make_uuid7(clock, random)};
        ArchivedMessage asked;
        asked.message.id = MessageId{make_uuid7(clock, random)};
        asked.message.text = "draw";
        asked.message.files = {picture("mine.png", "MINE")};
        ArchivedMessage answered;
        answered.number = 1;
        answered.message.id = MessageId{make_uuid7(clock, random)};
        answered.message.parent = asked.message.id;
        answered.message.role = MessageRole::assistant;
        answered.message.text = std::move(answer);
        answered.message.files = {picture("theirs.png", "THEIRS")};
        archived.thread.head = answered.message.id;
        std::vector<ArchivedMessage> messages{asked, answered};
        auto& archive = store->archive();
        ASSERT_TRUE(get_result(archive.open_thread(archived)));
        ASSERT_TRUE(get_result(archive.add_messages(archived, std::move(messages))));
        ASSERT_TRUE(get_result(archive.close_thread(archived)));
    }
    FileInfo picture(std::string name, std::string bytes) {
        FileInfo file{FileId{make_uuid7(clock, random)}, std::move(name), "image/png", bytes.size()};
        files.bytes[file.id] = std::move(bytes);
        return file;
    }
    /// The messages of the request that asks `model` to go on.
    json::array asked(std::string const& model) {
        transport.answer(400, R"({"error":{"message":"enough was seen"}})");
        read_from(ask_model(model, "and now?").generation, 0);
        wait_until_idle();
        return json::parse(transport.requests.back().body).at("messages").as_array();
    }
    static std::string text_of(json::value const& message) {
        return json::serialize(message.at("content"));
    }
};

TEST_F(PicturesInAnswers, AreNamedInLaterPromptsAndNotShown) {
    for (auto const* model : {"openai/m", "anthropic/m"}) {
        for (auto const* words : {"here it is", ""}) {
            ASSERT_NO_FATAL_FAILURE(import_thread(words));
            auto const messages = asked(model);
            ASSERT_EQ(messages.size(), 3u) << model;
            EXPECT_EQ(messages[1].at("role"), "assistant");
            auto const answer = text_of(messages[1]);
            EXPECT_TRUE(answer.contains("[theirs.png, image/png, 6 bytes]")) << answer;
            EXPECT_TRUE(answer.contains(words)) << answer;
            EXPECT_FALSE(answer.contains("base64")) << answer;
            EXPECT_TRUE(text_of(messages[0]).contains(base64("MINE"))) << "a person's is shown";
        }
    }
}

}  // namespace
}  // namespace kaiwa::chat
