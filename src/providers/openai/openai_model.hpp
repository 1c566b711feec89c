#pragma once

#include "http/transport.hpp"
#include "llm/catalogue.hpp"
#include "llm/chat_model.hpp"

#include <memory>

namespace kaiwa::providers {

/// Makes the `ChatModel` of a server that speaks OpenAI's Chat Completions: OpenAI itself, Azure,
/// OpenRouter, DeepSeek, vLLM, Ollama, llama.cpp, LM Studio and the many like them.
///
/// - `base_url`: empty for OpenAI's own. An address without a path gets "/v1". On
///   "*.openai.azure.com", or with a query `?api-version=…`, it is Azure: either a resource (the
///   model's name is the deployment's), or a deployment's own address.
/// - `options`: `organization`, `project` (OpenAI), `api_version` (Azure), and the deadlines.
///
/// `transport` outlives the model. Fails with `invalid_argument`, naming the field.
[[nodiscard]] Result<std::shared_ptr<llm::ChatModel>> make_openai(llm::ProviderConfig const& config,
                                                                  http::Transport& transport);

}  // namespace kaiwa::providers
