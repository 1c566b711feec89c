#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kaiwa::aws {

/// The text of the first element with this local name that holds text only, its entities decoded
/// (XML 1.0, section 4.6, and character references); nothing when there is none.
///
/// Enough for the flat documents in which S3 and STS answer. A value: no document tree, no
/// recursion, no external entities, so no input costs more than one pass.
[[nodiscard]] std::optional<std::string> xml_text(std::string_view document, std::string_view name);

/// `text` as the content of an element.
[[nodiscard]] std::string xml_escape(std::string_view text);

}  // namespace kaiwa::aws
