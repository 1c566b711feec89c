#pragma once

#include "llm/embedder.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kaiwa::providers {

/// How a family of embedding models on Bedrock is asked.
enum class EmbeddingFamily {
    titan_v1,   ///< One text a request, always 1536 numbers; any other member is refused.
    titan_v2,   ///< One text a request; 256, 512 or 1024 numbers.
    cohere_v3,  ///< 96 texts, 1024 numbers (384 for "light").
    cohere_v4,  ///< 96 texts; 256, 512, 1024 or 1536 numbers.
};

/// The family that a model's id, profile or ARN names.
[[nodiscard]] std::optional<EmbeddingFamily> embedding_family(std::string_view model);
/// Reads "titan-v1", "titan-v2", "cohere-v3" or "cohere-v4".
[[nodiscard]] std::optional<EmbeddingFamily> read_embedding_family(std::string_view name);

/// Texts that one request takes.
[[nodiscard]] std::size_t embedding_batch(EmbeddingFamily family);
/// Characters of one text that a request takes. Of what is left over a model's tokens, Cohere leaves
/// out the end itself; Titan refuses, with the words that `shorter_text()` reads.
[[nodiscard]] std::size_t longest_text(EmbeddingFamily family);
/// How many characters of `text`, which has too many tokens by Bedrock's own `words`, to try next;
/// always fewer than it has, and none where there is nothing left to leave out.
[[nodiscard]] std::size_t shorter_text(std::string_view words, std::string_view text);
/// The first `count` code points of `text`, well-formed UTF-8.
[[nodiscard]] std::string_view first_characters(std::string_view text, std::size_t count);
/// Whether vectors can be this long; nothing is the family's usual length.
[[nodiscard]] bool can_have_dimensions(EmbeddingFamily family, std::optional<std::size_t> dimensions);

/// The body of InvokeModel for one batch, with the first `most` characters of each text.
/// ("Amazon Titan Embeddings", "Cohere Embed", Bedrock guide.)
[[nodiscard]] std::string embedding_body(EmbeddingFamily family, std::span<std::string const> texts,
                                         llm::EmbedPurpose purpose,
                                         std::optional<std::size_t> dimensions, std::size_t most);

/// Reads the answer for `count` texts: Titan's one vector, Cohere's list or, by type, its object of
/// lists. Nothing when it is none of them, or does not have `count` finite vectors of one length.
[[nodiscard]] std::optional<llm::Embeddings> read_embeddings(std::string_view body,
                                                             std::size_t count);

}  // namespace kaiwa::providers
