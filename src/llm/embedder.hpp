#pragma once

#include "base/spawn.hpp"
#include "llm/failure.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kaiwa::llm {

/// What a vector is made for: models place a question and its answer near each other only when they
/// are told which is which.
enum class EmbedPurpose { document, query };

struct Embeddings {
    std::vector<std::vector<float>> vectors;  ///< One a text, in their order, all equally long.
    std::optional<std::int64_t> input_tokens;
};

/// Turns texts into vectors whose nearness is nearness of meaning.
///
/// It lives beside `ChatModel` and not with retrieval, which uses it: an adapter is a provider like
/// a model's, with the same failures and retries, and providers know nothing of the domain.
/// Implementations are thread-safe.
class Embedder {
public:
    virtual ~Embedder() = default;

    /// The model and its dimensions, as an index keeps them: vectors of two embedders compare only
    /// when this is equal.
    [[nodiscard]] virtual std::string identity() const = 0;
    /// Texts that one request of the vendor takes; more are sent in several.
    [[nodiscard]] virtual std::size_t batch_size() const = 0;

    /// The vectors of `texts`, well-formed UTF-8; all or none. What a model cannot take of a text
    /// that is too long is left out at its end. Empty texts are `invalid`.
    virtual asio::awaitable<Outcome<Embeddings>> embed(std::vector<std::string> texts,
                                                       EmbedPurpose purpose) = 0;
};

}  // namespace kaiwa::llm
