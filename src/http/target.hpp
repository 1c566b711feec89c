#pragma once

#include "kaiwa/error.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kaiwa::http {

using Query = std::vector<std::pair<std::string, std::string>>;

/// Decodes "%41" (RFC 3986, 2.1). Fails with `invalid_argument` when an escape is not two
/// hexadecimal digits, or the outcome is no valid UTF-8 or has a NUL.
[[nodiscard]] Result<std::string> percent_decode(std::string_view text);

/// Encodes everything but letters, digits and "-._~", which suits any part of a URL.
[[nodiscard]] std::string percent_encode(std::string_view text);

/// Decodes "a=1&b=%E4%BC%9A"; '+' is a space (WHATWG URL, form encoding).
/// Fails with `invalid_argument` as `percent_decode()` does.
[[nodiscard]] Result<Query> parse_query(std::string_view text);

/// The target of a request in origin form, decoded once.
struct Target {
    std::string path;
    Query query;  ///< Of what cannot be read only the names that can, each with an empty value.
    /// Why not all of the query can be read, as `parse_query()` says it.
    std::optional<Error> query_error{};
};

/// Fails with `invalid_argument` when it does not begin with '/', when a segment of the decoded
/// path is "..", when it has a '#', or as `percent_decode()` does for the path.
[[nodiscard]] Result<Target> parse_target(std::string_view text);

}  // namespace kaiwa::http
