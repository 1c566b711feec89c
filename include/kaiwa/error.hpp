#pragma once

#include <expected>
#include <string>

namespace kaiwa {

/// What went wrong, in terms a caller can act on.
///
/// Knows no protocol: src/api/problem.cpp alone turns it into an HTTP status, and each adapter
/// alone turns vendor or OS errors into it.
enum class Errc {
    invalid_argument,  ///< The input is wrong; retrying it unchanged is pointless.
    unauthenticated,   ///< Who are you?
    forbidden,         ///< We know who you are, and no.
    not_found,         ///< Absent, deleted or somebody else's: never told apart.
    conflict,          ///< It contradicts what is stored; reload before trying again.
    gone,              ///< It existed and its time is over.
    too_large,         ///< A configured limit was exceeded.
    unsupported,       ///< Not possible with this component or home.
    rate_limited,      ///< Retry later, with backoff.
    cancelled,         ///< The caller went away or asked to stop.
    timed_out,         ///< A deadline passed.
    unavailable,       ///< A dependency failed; the same request may work later.
    internal,          ///< A bug in kaiwa. Logged with context, shown as "internal error".
};

/// A failure that crosses a module boundary.
struct Error {
    Errc code = Errc::internal;
    std::string message;  ///< What, where and what to do. Never prompt text, keys or tokens.
    std::string reason;   ///< A stable name where `code` is too coarse, e.g. "idempotency_conflict".
};

/// The return type of every function that can fail for reasons other than a bug.
template <class T>
using Result = std::expected<T, Error>;

/// Shorthand for the failing return of a `Result`.
[[nodiscard]] inline std::unexpected<Error> fail(Errc code, std::string message,
                                                 std::string reason = {}) {
    return std::unexpected(Error{code, std::move(message), std::move(reason)});
}

}  // namespace kaiwa
