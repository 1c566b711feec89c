// The prompts of turns: the same from memory and from the store, within the model's window.
#include "chat/prompt_builder.hpp"
#include "chat/thinking.hpp"
#include "chat/turn_service.hpp"
#include "turns/some_files.hpp"
#include "turns/turn_fixture.hpp"

#include <gtest/gtest.h>

namespace kaiwa::chat {
namespace {

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
        named = built.named_files;
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
    std::vector<std::string> named;  ///< Of the last turn's own files.
};

TEST_F(PromptsWithFiles, HoldSoManyBytesOfPicturesAndTheNewestFirst) {
    ask_with({add("old.png", std::string(60, 'o'))});
    ask_with({add("a.png", std::string(50, 'a')), add("b.png", std::string(60, 'b')),
              add("c.png", std::string(40, 'c'))});
    EXPECT_EQ(shown({.system_prompt = {}, .max_file_bytes = 100}),
              (Lines{"[old.png, image/png, 60 bytes]", "picture 50", "[b.png, image/png, 60 bytes]",
                     "picture 40"}));
    EXPECT_EQ(named, Lines{"b.png"}) << "what became of old files was said before";
    EXPECT_EQ(shown({}), (Lines{"picture 60", "picture 50", "picture 60", "picture 40"}));
    EXPECT_EQ(named, Lines{});
}

TEST_F(PromptsWithFiles, NameAFileWhoseBytesAreGone) {
    auto const gone = add("gone.png", "x");
    files.bytes.erase(gone);
    ask_with({gone});
    EXPECT_EQ(shown({}), (Lines{"[gone.png, image/png, no longer available]"}));
    EXPECT_EQ(named, Lines{"gone.png"});
}

}  // namespace
}  // namespace kaiwa::chat
