#include "providers/bedrock/bedrock_embedder.hpp"

#include "providers/bedrock/bedrock_fixture.hpp"
#include "providers/bedrock/embedding_form.hpp"
#include "tests/support/run_task.hpp"

namespace kaiwa::providers {
namespace {

using llm::EmbedPurpose;
using test::run_task;

/// Takes 30 ms before each answer.
class SlowTransport final : public http::Transport {
public:
    explicit SlowTransport(http::Transport& inner) : inner_(inner) {}
    asio::awaitable<Result<std::unique_ptr<http::InboundResponse>>> send(
        http::OutboundRequest request) override {
        co_await sleep_for(std::chrono::milliseconds(30));
        co_return co_await inner_.send(std::move(request));
    }

private:
    http::Transport& inner_;
};

class BedrockEmbedderTest : public BedrockFixture {
protected:
    Result<std::shared_ptr<llm::Embedder>> make(std::string model,
                                                std::optional<std::size_t> dimensions = {},
                                                std::string family = {}) {
        return make_bedrock_embedder(in_region(), {std::move(model), dimensions, std::move(family)},
                                     services());
    }
};

TEST_F(BedrockEmbedderTest, AsksTitanForOneTextAtATime) {
    std::vector<float> vector(512, 0.5f);
    auto const numbers = fmt::format("{}", fmt::join(vector, ","));
    transport.answer(200, R"({"embedding":[)" + numbers + R"(],"inputTextTokenCount":3})");
    transport.answer(200, R"({"embedding":[)" + numbers + R"(],"inputTextTokenCount":4})");
    auto const embedder = make("amazon.titan-embed-text-v2:0", 512).value();
    auto const made = run_task(embedder->embed({"空\"", "sea"}, EmbedPurpose::document));
    ASSERT_TRUE(made);
    EXPECT_EQ(made->vectors, (std::vector<std::vector<float>>{vector, vector}));
    EXPECT_EQ(made->input_tokens, 7);
    EXPECT_TRUE(transport.requests[0].url.ends_with("/model/amazon.titan-embed-text-v2%3A0/invoke"));
    EXPECT_EQ(transport.requests[0].body,
              R"({"inputText":"空\"","dimensions":512,"normalize":true})");
    EXPECT_EQ(embedder->identity(), "amazon.titan-embed-text-v2:0@512");
    transport.answer(200, R"({"embedding":[0.5,-1],"inputTextTokenCount":3})");
    auto const shorter = run_task(embedder->embed({"sea"}, EmbedPurpose::document));
    ASSERT_FALSE(shorter);
    EXPECT_TRUE(shorter.error().message.contains("vectors of 2 numbers, asked for 512"));
}

TEST_F(BedrockEmbedderTest, SendsTitanV1NothingButTheText) {
    transport.answer(200, R"({"embedding":[1]})");
    auto const embedder = make("amazon.titan-embed-text-v1").value();
    EXPECT_TRUE(run_task(embedder->embed({"a"}, EmbedPurpose::query)));
    EXPECT_EQ(transport.requests[0].body, R"({"inputText":"a"})");
}

TEST_F(BedrockEmbedderTest, AsksCohereInBatchesAndReadsBothShapes) {
    std::string list;
    for (int i = 0; i < 96; ++i) list += i == 0 ? "[1]" : ",[1]";
    transport.answer(200, R"({"id":"x","embeddings":[)" + list + R"(],"texts":[]})");
    transport.answer(
        200, R"({"response_type":"embeddings_by_type","embeddings":{"float":[[2]],"int8":[[3]]}})");
    auto const embedder = make("cohere.embed-multilingual-v3").value();
    EXPECT_EQ(embedder->batch_size(), 96u);
    auto const made =
        run_task(embedder->embed(std::vector<std::string>(97, "字"), EmbedPurpose::query));
    ASSERT_TRUE(made);
    ASSERT_EQ(made->vectors.size(), 97u);
    EXPECT_EQ(made->vectors.back(), std::vector<float>{2.0f});
    EXPECT_EQ(transport.requests[1].body,
              R"({"texts":["字"],"input_type":"search_query","truncate":"END","embedding_types":["float"]})");
}

TEST_F(BedrockEmbedderTest, NamesCoheresDimensionsInItsFourthVersion) {
    transport.answer(200, R"({"embeddings":{"float":[[1,2]]}})");
    auto const embedder = make("us.cohere.embed-v4:0").value();
    EXPECT_TRUE(run_task(embedder->embed({"a"}, EmbedPurpose::document)));
    EXPECT_EQ(
        transport.requests[0].body,
        R"({"texts":["a"],"input_type":"search_document","truncate":"RIGHT","embedding_types":["float"],"output_dimension":1536})");
}

TEST_F(BedrockEmbedderTest, SaysWhyThereAreNoVectors) {
    auto const embedder = make("amazon.titan-embed-text-v2:0").value();
    refuse(403, "AccessDeniedException", "no access to this model");
    auto const refused = run_task(embedder->embed({"a"}, EmbedPurpose::query));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, llm::FailureClass::auth);
    transport.answer(200, R"({"embedding":"none"})");
    EXPECT_EQ(run_task(embedder->embed({"a"}, EmbedPurpose::query)).error().kind,
              llm::FailureClass::model_error);
    EXPECT_EQ(run_task(embedder->embed({"a", " "}, EmbedPurpose::query)).error().kind,
              llm::FailureClass::invalid);
    EXPECT_EQ(transport.requests.size(), 2u);
}

TEST_F(BedrockEmbedderTest, RefusesWhatCannotBe) {
    EXPECT_TRUE(make("amazon.nova-lite-v1:0").error().message.starts_with("model:"));
    EXPECT_TRUE(make("arn:x", {}, "bert").error().message.starts_with("family:"));
    EXPECT_TRUE(make("arn:x", {}, "cohere-v4"));
    EXPECT_TRUE(make("amazon.titan-embed-text-v1", 512).error().message.starts_with("dimensions:"));
    auto const late = make_bedrock_embedder(in_region({{"total_ms", "soon"}}),
                                            {"amazon.titan-embed-text-v1", {}, {}}, services());
    EXPECT_TRUE(late.error().message.starts_with("total_ms")) << late.error().message;
}

TEST_F(BedrockEmbedderTest, LeavesOutTheEndOfATextThatTitanRefusesToCut) {
    refuse(400, "ValidationException",
           "400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token "
           "count: 16384 ");
    refuse(400, "ValidationException", "Too many input tokens.");
    transport.answer(200, R"({"embedding":[1]})");
    auto const embedder = make("amazon.titan-embed-text-v1").value();
    EXPECT_TRUE(run_task(embedder->embed({std::string(60'000, 'a')}, EmbedPurpose::document)));
    auto const asked = [](std::size_t characters) {
        return R"({"inputText":")" + std::string(characters, 'a') + R"("})";
    };
    EXPECT_EQ(transport.requests[0].body, asked(50'000));
    EXPECT_EQ(transport.requests[1].body, asked(22'500));
    EXPECT_EQ(transport.requests[2].body, asked(11'250));

    for (int i = 0; i < 9; ++i) refuse(400, "ValidationException", "Too many input tokens.");
    auto const refused =
        run_task(embedder->embed({std::string(60'000, 'a')}, EmbedPurpose::document));
    EXPECT_EQ(refused.error().kind, llm::FailureClass::context_length);
    EXPECT_EQ(transport.requests.size(), 12u);
}

TEST_F(BedrockEmbedderTest, HasOneDeadlineForATextHoweverOftenItIsCut) {
    SlowTransport slow(transport);
    BedrockServices const given{.transport = slow,
                                .clock = clock,
                                .random = random,
                                .account = services().account};
    auto const embed = [&](std::string total) {
        transport.requests.clear();
        transport.answers.clear();
        for (int i = 0; i < 9; ++i) refuse(400, "ValidationException", "Too many input tokens.");
        auto const embedder = make_bedrock_embedder(in_region({{"total_ms", std::move(total)}}),
                                                    {"amazon.titan-embed-text-v1", {}, {}}, given)
                                  .value();
        return run_task(embedder->embed({std::string(60'000, 'a')}, EmbedPurpose::document))
            .error()
            .kind;
    };
    EXPECT_EQ(embed("60000"), llm::FailureClass::context_length);
    ASSERT_EQ(transport.requests.size(), 9u);
    EXPECT_LE(transport.requests[8].deadlines.total, std::chrono::milliseconds(60'000 - 8 * 30));
    EXPECT_EQ(embed("40"), llm::FailureClass::timeout);
    EXPECT_LE(transport.requests.size(), 2u);
}

TEST_F(BedrockEmbedderTest, CountsOnlyWhatItSendsOfATextToFillABatch) {
    transport.answer(200, R"({"embeddings":{"float":[[1],[1],[1]]}})");
    auto const embedder = make("cohere.embed-english-v3").value();
    std::vector<std::string> const texts(3, std::string(4'100'000, 'a'));
    EXPECT_TRUE(run_task(embedder->embed(texts, EmbedPurpose::document)));
    EXPECT_EQ(transport.requests.size(), 1u);
}

TEST_F(BedrockEmbedderTest, SendsLessThanInvokeModelTakes) {
    transport.answer(200, R"({"embeddings":{"float":[[1],[1]]}})");
    transport.answer(200, R"({"embeddings":{"float":[[1]]}})");
    auto const embedder = make("us.cohere.embed-v4:0").value();
    std::string text;
    for (int i = 0; i < 1'400'000; ++i) text += "字";
    EXPECT_TRUE(run_task(embedder->embed({text, text, text}, EmbedPurpose::document)));
    EXPECT_EQ(transport.requests.size(), 2u) << "a million characters of each";
}

TEST_F(BedrockEmbedderTest, HasVectorsOfOneLength) {
    transport.answer(200, R"({"embedding":[1,2]})");
    transport.answer(200, R"({"embedding":[1]})");
    auto const embedder = make("amazon.titan-embed-text-v1").value();
    EXPECT_EQ(run_task(embedder->embed({"a", "b"}, EmbedPurpose::document)).error().kind,
              llm::FailureClass::model_error);
}

TEST(EmbeddingForm, CutsWhatTheThirdVersionOfCohereRefusesAtWholeCharacters) {
    std::string text;
    for (int i = 0; i < 2'050; ++i) text += "字";
    std::vector<std::string> const texts{text};
    auto const body =
        embedding_body(EmbeddingFamily::cohere_v3, texts, EmbedPurpose::query, {}, 2'048);
    EXPECT_EQ(longest_text(EmbeddingFamily::cohere_v3), 2'048u);
    EXPECT_TRUE(body.starts_with(R"({"texts":[")" + text.substr(0, 2'048 * 3) + "\"]"));
}

TEST(EmbeddingForm, ShortensByWhatTheRefusalTells) {
    auto const* const refusal = "Max input tokens: 20, request input token count: 40 ";
    std::string const letters(100, 'a');
    std::string characters;
    for (int i = 0; i < 25; ++i) characters += "字";
    EXPECT_EQ(shorter_text(refusal, letters), 45u);
    EXPECT_EQ(shorter_text(refusal, letters + characters), 90u) << "a character is four letters";
    EXPECT_EQ(shorter_text(refusal, characters + letters), 22u);
    for (auto const* words : {"", "Max input tokens: x", "token count: 99999999999999999999",
                              "Max input tokens: 9, request input token count: 8"})
        EXPECT_EQ(shorter_text(words, letters), 50u) << words;
    EXPECT_EQ(shorter_text(refusal, "字"), 0u);
    EXPECT_EQ(shorter_text(refusal, ""), 0u);
}

TEST(EmbeddingForm, TakesNothingForVectorsThatIsNone) {
    for (auto const* body :
         {"", "[]", "{}", R"({"embedding":[]})", R"({"embedding":[1e400]})",
          R"({"embedding":["1"]})", R"({"embeddings":[[1],[1,2]]})", R"({"embeddings":[[1]]})",
          R"({"embeddings":{"int8":[[1],[1]]}})", R"({"embeddings":7})"}) {
        EXPECT_FALSE(read_embeddings(body, 2)) << body;
    }
    EXPECT_TRUE(read_embeddings(R"({"embeddingsByType":{"float":[1]}})", 1));
    EXPECT_FALSE(read_embeddings(R"({"embeddings":{"float":[[1],[2]]}})", 1)) << "one too many";
    auto const counted = read_embeddings(R"({"embedding":[1],"inputTextTokenCount":-5})", 1);
    ASSERT_TRUE(counted);
    EXPECT_FALSE(counted->input_tokens);
}

}  // namespace
}  // namespace kaiwa::providers
