#pragma once

#include "llm/catalogue.hpp"
#include "llm/chat_model.hpp"

#include <memory>

namespace kaiwa::providers {

/// Makes the models that need no server:
///
/// - `guide`: says, in the language of the question, that no model is connected yet and how to
///   connect one;
/// - `echo`: says what was asked;
/// - `fixed`: says the option `reply`, where that is set.
[[nodiscard]] Result<std::shared_ptr<llm::ChatModel>> make_builtin(
    llm::ProviderConfig const& config);

}  // namespace kaiwa::providers
