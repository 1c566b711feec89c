#pragma once

#include "http/message.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kaiwa::http {

/// More fields than any honest sender has; a head with more is refused.
inline constexpr std::size_t max_header_fields = 100;

/// The first part of a request: everything before its body.
struct RequestHead {
    std::string method;
    std::string target;
    unsigned minor_version = 1;  ///< HTTP/1.x
    Headers headers;
};

/// The first part of an answer from another server.
struct AnswerHead {
    unsigned status = 0;
    unsigned minor_version = 1;
    Headers headers;
};

/// How many bytes of `bytes` the head takes, with its blank line; 0 while it is not complete.
///
/// `searched` remembers across calls how far the search came, so that a head that arrives byte by
/// byte is still read once. Begin with 0.
///
/// Fails with `invalid_argument` at a line that ends in LF alone, without waiting for the rest.
[[nodiscard]] Result<std::size_t> find_head_end(std::string_view bytes, std::size_t& searched);

/// What the first line of a head that is refused says, as far as it arrived: method and target, of
/// which the end may be missing. Nothing where it says none.
[[nodiscard]] std::optional<RequestHead> parse_request_start(std::string_view bytes);

/// Parses a whole head, blank line included (RFC 9112, sections 2 to 5), leaving nothing to guess:
/// lines end in CRLF, field names touch their colon, no line is folded, no control characters.
///
/// Fails with `invalid_argument`; `reason` is "http_version" for another version than 1.0 or 1.1
/// and "too_many_fields" over `max_header_fields`.
[[nodiscard]] Result<RequestHead> parse_request_head(std::string_view bytes);

/// The same for an answer. A reason phrase is optional.
[[nodiscard]] Result<AnswerHead> parse_answer_head(std::string_view bytes);

}  // namespace kaiwa::http
