#include "providers/builtin/builtin_model.hpp"

#include "base/utf8.hpp"
#include "providers/builtin/guide.hpp"
#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

namespace kaiwa::providers {
namespace {

asio::awaitable<llm::Outcome<std::string>> collect(llm::ChatModel& model, std::string name,
                                                   std::string question) {
    llm::CompletionRequest request;
    request.model = std::move(name);
    auto& message = request.prompt.messages.emplace_back();
    message.parts.emplace_back(llm::TextPart{std::move(question)});
    auto stream = co_await model.start(std::move(request));
    if (!stream) co_return std::unexpected(stream.error());
    std::string text;
    for (;;) {
        auto const event = co_await (*stream)->next();
        if (!event) co_return std::unexpected(event.error());
        auto const* delta = std::get_if<llm::TextDelta>(&*event);
        if (delta == nullptr) co_return text;
        EXPECT_TRUE(is_valid_utf8(delta->text));
        EXPECT_FALSE(delta->text.empty());
        text += delta->text;
    }
}

class BuiltinModelTest : public testing::Test {
protected:
    std::string ask(std::string name, std::string question) {
        auto const answer = test::run_task(
            collect(*make_builtin(config).value(), std::move(name), std::move(question)));
        return answer ? *answer : "failed " + std::string(to_string(answer.error().kind));
    }
    llm::ProviderConfig config;
};

TEST_F(BuiltinModelTest, TheGuideAnswersInTheLanguageOfTheQuestion) {
    EXPECT_TRUE(ask("guide", "天気は?").contains("モデルがまだつながっていません"));
    EXPECT_TRUE(ask("guide", "What is the weather?").contains("no model is connected"));
    EXPECT_TRUE(ask("guide", "こんにちは").starts_with("こんにちは。Kaiwa"));
    EXPECT_TRUE(ask("guide", "Hello").starts_with("Hello! Kaiwa"));
    EXPECT_TRUE(ask("guide", "").contains("OPENAI_API_KEY"));
}

TEST_F(BuiltinModelTest, TheEchoRepeatsAndTheFixedReplyIsWhatWasSet) {
    std::string const question = "長い質問です。" + std::string(200, 'x') + "😀";
    EXPECT_EQ(ask("echo", question), question);
    EXPECT_EQ(ask("echo", ""), "");
    EXPECT_EQ(ask("fixed", "x"), "failed not_found");
    config.options["reply"] = "ただいま準備中です。";
    EXPECT_EQ(ask("fixed", "x"), "ただいま準備中です。");
}

}  // namespace
}  // namespace kaiwa::providers
