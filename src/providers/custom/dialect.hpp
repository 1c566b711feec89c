#pragma once

#include "llm/chat_model.hpp"

#include <string>
#include <string_view>

namespace kaiwa::providers {

/// The requests that small inference servers of one's own understand.
enum class CustomForm {
    chat,      ///< `{"message","conversationHistory":[{"role","content"}]}` to "/chat".
    generate,  ///< `{"prompt","max_new_tokens","do_sample","temperature","top_p"}` to "/generate".
    prompt,    ///< `{"prompt"}`, to the address as it is.
};

/// The body that asks for `request` in `form`. The forms have no place for instructions: they go
/// before the first words of the user.
[[nodiscard]] std::string custom_body(CustomForm form, llm::CompletionRequest const& request);

/// The text of a whole answer: `response`, `result`, `generated_text` or `output_text`, also inside
/// a gateway's `{"statusCode","body"}`. Fails with `model_error` when the answer says
/// `"success":false` or has none of these.
[[nodiscard]] llm::Outcome<std::string> read_custom_answer(std::string_view body);

}  // namespace kaiwa::providers
