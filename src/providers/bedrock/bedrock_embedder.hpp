#pragma once

#include "llm/embedder.hpp"
#include "providers/bedrock/bedrock_model.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace kaiwa::providers {

struct BedrockEmbedding {
    std::string model;  ///< An id, a profile or an ARN of Titan Text Embeddings or Cohere Embed.
    std::optional<std::size_t> dimensions;  ///< Unset: the family's usual length.
    std::string family;  ///< "titan-v1", "titan-v2", "cohere-v3" or "cohere-v4"; empty: by the name.
};

/// Makes the `Embedder` of a model on Bedrock, reached as `config` says. Calls are repeated while
/// the service is busy, and for a text that Titan finds too long: at most two minutes for each batch,
/// unless the options of the deadlines say otherwise.
/// Fails with `invalid_argument`, naming the field.
[[nodiscard]] Result<std::shared_ptr<llm::Embedder>> make_bedrock_embedder(
    llm::ProviderConfig const& config, BedrockEmbedding const& embedding,
    BedrockServices const& services);

}  // namespace kaiwa::providers
