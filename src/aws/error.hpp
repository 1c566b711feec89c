#pragma once

#include "base/log.hpp"
#include "kaiwa/error.hpp"

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace kaiwa::aws {

/// Why a call of an AWS service failed.
struct Failure {
    enum class Kind {
        service,      ///< The service answered with an error: see `code`.
        credentials,  ///< None could be had, or the configured source failed.
        network,      ///< No connection, or it broke; see `was_sent`.
        timed_out,    ///< A deadline passed; see `was_sent`.
        cancelled,
        unreadable,  ///< The answer is not what the service is known to send.
    };
    Kind kind = Kind::service;
    unsigned status = 0;     ///< HTTP status; 0 where none came.
    std::string code;        ///< "ConditionalCheckFailedException", without prefix or address.
    std::string message;     ///< The service's words. Never a key, a token or a body of ours.
    std::string request_id;  ///< What AWS support asks for; may be empty.
    std::string reason;      ///< Of the transport, as `Error::reason`: "connect", "idle"; else empty.
    std::string body;        ///< The error's body as it came, at most 1 MiB (cancellation reasons).
    std::string region;      ///< Where S3 says the bucket is (`x-amz-bucket-region`); else empty.
    std::optional<std::chrono::milliseconds> retry_after;
    bool was_sent = true;  ///< False: no byte reached the service, so nothing was carried out.
    bool source_is_away = false;  ///< Of `credentials`: whoever gives them was out of reach or overloaded.
};

template <class T>
using Outcome = std::expected<T, Failure>;

/// Shorthand for a failure without an answer of the service.
[[nodiscard]] std::unexpected<Failure> fail(Failure::Kind kind, std::string message);

/// Throttling, in any of the service's words.
[[nodiscard]] bool is_throttling(Failure const& failure);
/// Worth another try of a call that may be repeated: throttling, 500, 502, 503, 504, network, a
/// deadline of one attempt, an answer that came damaged.
[[nodiscard]] bool is_transient(Failure const& failure);
/// Whether waiting helps: a transient failure, of the service or of whoever gives credentials, but
/// not an answer that cannot be read.
[[nodiscard]] bool may_pass(Failure const& failure);
/// A failure of `credentials` that `cause` led to.
[[nodiscard]] Failure no_credentials(std::string message, Failure const& cause);
/// As the rest of the house says it; the message names service and code.
[[nodiscard]] Error to_error(Failure const& failure, std::string_view service);
/// The same for people who asked something of ours that in turn asked AWS. That our credentials
/// fail, may not or ask too much is no fault of theirs: all but `not_found`, `too_large`,
/// `timed_out` and `cancelled` is `unavailable`. AWS's words name accounts, roles and resources:
/// they go to `log` as "aws_call_failed", and the error says the service alone.
[[nodiscard]] Error to_outage(Failure const& failure, std::string_view service, Log& log);
/// What a transport failed with. `code` and `message` stay readable for an operator.
[[nodiscard]] Failure from_error(Error const& error);

}  // namespace kaiwa::aws
