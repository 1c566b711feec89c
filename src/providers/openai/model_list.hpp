#pragma once

#include "llm/chat_model.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::providers {

struct ModelList {
    std::vector<llm::ModelInfo> models;
    std::string
        owner;  ///< Whom the first model belongs to; tells servers apart: "llamacpp", "vllm", ….
};

/// Reads the answer of `GET …/models` in any dialect. Fails with `model_error`.
[[nodiscard]] llm::Outcome<ModelList> read_model_list(std::string_view body);

/// Adds what llama.cpp's `GET /props` says about its one model.
void add_props(std::string_view body, std::vector<llm::ModelInfo>& models);

/// Keeps of OpenAI's own list what can chat, and adds the windows that it does not tell.
void keep_openai_chat_models(std::vector<llm::ModelInfo>& models);

}  // namespace kaiwa::providers
