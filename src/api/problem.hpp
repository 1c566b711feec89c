#pragma once

#include "base/log.hpp"
#include "http/message.hpp"
#include "http/router.hpp"
#include "kaiwa/error.hpp"

#include <string>

namespace kaiwa::api {

/// A failure as HTTP tells it (RFC 9457).
struct Problem {
    unsigned status = 500;
    std::string code;    ///< Stable; clients decide by it.
    std::string title;
    std::string detail;  ///< For a person. The same for everything that is not found.
};

/// The one place where `Errc` becomes a status. `Error::reason` is the code where it is one that
/// clients know.
[[nodiscard]] Problem to_problem(Error const& error);

/// The members of a problem without the braces, so that others can stand beside them.
[[nodiscard]] std::string problem_members(Problem const& problem, std::string_view request_id);

/// Answers with a problem. Beside `extra` it has what every API answer has, and what its status
/// asks for: `Retry-After` where waiting helps, the WebSocket's version where none was spoken.
asio::awaitable<Result<void>> answer_problem(Error error, http::Request const& request,
                                             http::ResponseWriter& writer, Log& log,
                                             http::Headers extra = {});

/// For `Router::set_error_handler()`.
[[nodiscard]] http::Router::ErrorHandler problem_answers(Log& log);

}  // namespace kaiwa::api
