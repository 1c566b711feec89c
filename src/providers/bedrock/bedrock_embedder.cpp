#include "providers/bedrock/bedrock_embedder.hpp"

#include "providers/bedrock/embedding_form.hpp"
#include "providers/bedrock/failures.hpp"
#include "providers/bedrock/plane.hpp"
#include "providers/common/base_url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>
#include <span>
#include <utility>

namespace kaiwa::providers {
namespace {

// InvokeModel takes 25,000,000, and JSON may write a byte as several. Cohere's answer has the texts, too.
constexpr std::size_t max_batch_bytes = 8'000'000;
constexpr std::size_t max_answer_bytes = std::size_t{32} << 20;
constexpr unsigned max_cuts = 8;

using Steady = std::chrono::steady_clock;

class BedrockEmbedder final : public llm::Embedder {
public:
    BedrockEmbedder(BedrockEmbedding embedding, EmbeddingFamily family,
                    std::unique_ptr<BedrockPlanes> planes, http::Deadlines deadlines)
        : embedding_(std::move(embedding)),
          family_(family),
          planes_(std::move(planes)),
          deadlines_(deadlines) {}

    [[nodiscard]] std::string identity() const override {
        auto const length = embedding_.dimensions;
        return embedding_.model + (length ? fmt::format("@{}", *length) : std::string());
    }
    [[nodiscard]] std::size_t batch_size() const override { return embedding_batch(family_); }
    asio::awaitable<llm::Outcome<llm::Embeddings>> embed(std::vector<std::string> texts,
                                                         llm::EmbedPurpose purpose) override;

private:
    using Texts = std::span<std::string const>;
    [[nodiscard]] Texts next_batch(Texts left) const;
    asio::awaitable<llm::Outcome<llm::Embeddings>> embed_batch(Texts texts,
                                                               llm::EmbedPurpose purpose);
    asio::awaitable<llm::Outcome<llm::Embeddings>> ask(std::string body, std::size_t count,
                                                       http::Deadlines deadlines);

    BedrockEmbedding const embedding_;
    EmbeddingFamily const family_;
    std::unique_ptr<BedrockPlanes> const planes_;
    http::Deadlines const deadlines_;
};

http::Deadlines embedding_deadlines() {
    http::Deadlines deadlines;
    deadlines.connect = std::chrono::seconds(5);
    deadlines.first_byte = std::chrono::seconds(60);
    deadlines.idle = std::chrono::seconds(20);
    deadlines.total = std::chrono::seconds(120);
    return deadlines;
}

std::optional<std::int64_t> counted_tokens(http::Headers const& headers) {
    auto const text = headers.get("X-Amzn-Bedrock-Input-Token-Count");
    std::int64_t count = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    bool const whole = error == std::errc() && end == text.data() + text.size() && count >= 0;
    return whole ? std::optional(count) : std::nullopt;
}

asio::awaitable<llm::Outcome<llm::Embeddings>> BedrockEmbedder::ask(
    std::string body, std::size_t count, http::Deadlines deadlines) {
    auto const clients = co_await planes_->clients();
    if (!clients) co_return std::unexpected(failure_from(clients.error(), planes_->api_key()));
    aws::ServiceRequest call;
    call.target = model_path(embedding_.model, "invoke");
    call.headers.add("Content-Type", "application/json");
    call.headers.add("Accept", "application/json");
    call.body = std::move(body);
    call.deadlines = deadlines;
    auto const reply = co_await (*clients)->runtime.call(std::move(call), max_answer_bytes);
    if (!reply) co_return std::unexpected(failure_from(reply.error(), planes_->api_key()));
    auto vectors = read_embeddings(reply->body, count);
    if (!vectors) {
        co_return std::unexpected(llm::make_failure(
            llm::FailureClass::model_error,
            fmt::format("{} did not answer with a vector for each text", embedding_.model)));
    }
    auto const length = vectors->vectors.front().size();
    if (length != embedding_.dimensions.value_or(length)) {
        co_return std::unexpected(llm::make_failure(
            llm::FailureClass::model_error,
            fmt::format("{} answered with vectors of {} numbers, asked for {}", embedding_.model,
                        length, *embedding_.dimensions)));
    }
    if (!vectors->input_tokens) vectors->input_tokens = counted_tokens(reply->headers);
    co_return std::move(*vectors);
}

asio::awaitable<llm::Outcome<llm::Embeddings>> BedrockEmbedder::embed_batch(
    Texts texts, llm::EmbedPurpose purpose) {
    auto most = longest_text(family_);
    auto deadlines = deadlines_;
    auto const end = Steady::now() + deadlines.total;
    for (unsigned cuts = 0;; ++cuts) {
        auto made = co_await ask(
            embedding_body(family_, texts, purpose, embedding_.dimensions, most), texts.size(),
            deadlines);
        bool const is_too_long = !made && made.error().kind == llm::FailureClass::context_length;
        if (!is_too_long || texts.size() > 1 || cuts == max_cuts) co_return made;
        most = shorter_text(made.error().message, first_characters(texts.front(), most));
        if (most == 0) co_return made;
        deadlines.total = std::chrono::duration_cast<std::chrono::milliseconds>(end - Steady::now());
        if (deadlines.total <= std::chrono::milliseconds(0))
            co_return std::unexpected(llm::make_failure(
                llm::FailureClass::timeout,
                fmt::format("{} was not done in time", embedding_.model)));
    }
}

BedrockEmbedder::Texts BedrockEmbedder::next_batch(Texts left) const {
    std::size_t count = 0;
    std::size_t bytes = 0;
    while (count < std::min(left.size(), batch_size())) {
        bytes += first_characters(left[count], longest_text(family_)).size();
        if (count > 0 && bytes > max_batch_bytes) break;
        ++count;
    }
    return left.first(count);
}

asio::awaitable<llm::Outcome<llm::Embeddings>> BedrockEmbedder::embed(
    std::vector<std::string> texts, llm::EmbedPurpose purpose) {
    auto const is_blank = [](std::string const& text) {
        return text.find_first_not_of(" \r\n\t") == std::string::npos;
    };
    if (std::ranges::any_of(texts, is_blank))
        co_return std::unexpected(llm::make_failure(llm::FailureClass::invalid,
                                                    "a text without a word has no vector"));
    llm::Embeddings all;
    std::span<std::string const> left(texts);
    while (!left.empty()) {
        auto const batch = next_batch(left);
        left = left.subspan(batch.size());
        auto some = co_await embed_batch(batch, purpose);
        if (!some) co_return std::unexpected(std::move(some.error()));
        if (!all.vectors.empty() && all.vectors[0].size() != some->vectors[0].size())
            co_return std::unexpected(
                llm::make_failure(llm::FailureClass::model_error,
                                  fmt::format("{} answered with vectors of different lengths",
                                              embedding_.model)));
        if (some->input_tokens)
            all.input_tokens = all.input_tokens.value_or(0) + *some->input_tokens;
        std::ranges::move(some->vectors, std::back_inserter(all.vectors));
    }
    co_return all;
}

}  // namespace

Result<std::shared_ptr<llm::Embedder>> make_bedrock_embedder(llm::ProviderConfig const& config,
                                                             BedrockEmbedding const& embedding,
                                                             BedrockServices const& services) {
    auto const family = embedding.family.empty() ? embedding_family(embedding.model)
                                                 : read_embedding_family(embedding.family);
    if (!family)
        return fail(Errc::invalid_argument,
                    embedding.family.empty()
                        ? "model: expected Titan Text Embeddings or Cohere Embed; a profile of "
                          "another name needs the family"
                        : "family: expected titan-v1, titan-v2, cohere-v3 or cohere-v4");
    if (!can_have_dimensions(*family, embedding.dimensions))
        return fail(Errc::invalid_argument, "dimensions: the model has no vectors of this length");
    auto const deadlines = deadlines_of(config, embedding_deadlines());
    if (!deadlines) return std::unexpected(deadlines.error());
    auto planes = BedrockPlanes::make(config, services);
    if (!planes) return std::unexpected(planes.error());
    return std::make_shared<BedrockEmbedder>(embedding, *family, std::move(*planes), *deadlines);
}

}  // namespace kaiwa::providers
