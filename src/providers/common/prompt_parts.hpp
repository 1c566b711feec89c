#pragma once

#include "llm/chat_model.hpp"

#include <string>
#include <variant>

namespace kaiwa::providers {

/// Whether `part` is more than white space, which several APIs refuse as empty.
[[nodiscard]] inline bool says_something(llm::Part const& part) {
    auto const* text = std::get_if<llm::TextPart>(&part);
    return text == nullptr || text->text.find_first_not_of(" \r\n\t") != std::string::npos;
}

}  // namespace kaiwa::providers
