#include "aws/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kaiwa::aws {

namespace {

// botocore's list for its "standard" mode, and the codes of later models.
constexpr std::array<std::string_view, 17> throttling_codes = {
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "SlowDownException",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequests",
    "TooManyRequestsException",
    "TransactionInProgressException",
};

constexpr std::array<std::string_view, 12> transient_codes = {
    "ConditionalRequestConflict",  // of a PUT to S3, while another one is under way
    "IDPCommunicationError",
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServiceError",
    "ModelNotReadyException",
    "ReplicatedWriteConflictException",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
    "TransactionConflictException",  // of a single write: DynamoDB carries it out a moment later
};

/// Our own outbound gate said no: it will say so again.
constexpr std::string_view refused_code = "OutboundGate";

template <std::size_t Size>
bool contains(std::array<std::string_view, Size> const& codes, std::string_view code) {
    return std::ranges::find(codes, code) != codes.end();
}

bool contains_any(std::string_view code, std::initializer_list<std::string_view> words) {
    return std::ranges::any_of(words, [code](auto word) { return code.contains(word); });
}

Errc class_of(Failure const& failure) {
    switch (failure.kind) {
        case Failure::Kind::credentials:
            return Errc::unauthenticated;
        case Failure::Kind::timed_out:
            return Errc::timed_out;
        case Failure::Kind::cancelled:
            return Errc::cancelled;
        case Failure::Kind::network:
        case Failure::Kind::unreadable:
            return Errc::unavailable;
        case Failure::Kind::service:
            break;
    }
    auto const& code = failure.code;
    if (is_throttling(failure)) return Errc::rate_limited;
    if (is_transient(failure)) return Errc::unavailable;
    // The same few ideas have other names in every service.
    if (contains_any(code, {"NotFound", "NoSuch"})) return Errc::not_found;
    if (contains_any(code, {"AccessDenied", "NotAuthorized", "Unauthorized"})) {
        return Errc::forbidden;
    }
    if (contains_any(code, {"Token", "Signature", "AccessKeyId", "UnrecognizedClient"})) {
        return Errc::unauthenticated;
    }
    if (contains_any(code, {"Conflict", "ConditionalCheckFailed", "PreconditionFailed", "InUse"})) {
        return Errc::conflict;
    }
    if (contains_any(code, {"TooLarge", "SizeLimitExceeded"})) return Errc::too_large;
    switch (failure.status) {
        case 401:
            return Errc::unauthenticated;
        case 403:
            return Errc::forbidden;
        case 404:
            return Errc::not_found;
        case 409:
        case 412:
            return Errc::conflict;
        case 413:
            return Errc::too_large;
        default:
            return failure.status >= 500 ? Errc::unavailable : Errc::invalid_argument;
    }
}

}  // namespace

std::unexpected<Failure> fail(Failure::Kind kind, std::string message) {
    Failure failure;
    failure.kind = kind;
    failure.message = std::move(message);
    failure.was_sent = false;
    return std::unexpected(std::move(failure));
}

bool is_throttling(Failure const& failure) {
    return failure.kind == Failure::Kind::service &&
           (failure.status == 429 || contains(throttling_codes, failure.code));
}

bool is_transient(Failure const& failure) {
    switch (failure.kind) {
        case Failure::Kind::network:
            return failure.code != refused_code;
        case Failure::Kind::timed_out:
        case Failure::Kind::unreadable:
            return true;
        case Failure::Kind::credentials:
        case Failure::Kind::cancelled:
            return false;
        case Failure::Kind::service:
            break;
    }
    auto const status = failure.status;
    return is_throttling(failure) || status == 500 || status == 502 || status == 503 ||
           status == 504 || contains(transient_codes, failure.code);
}

bool may_pass(Failure const& failure) {
    return failure.source_is_away ||
           (is_transient(failure) && failure.kind != Failure::Kind::unreadable);
}

Failure no_credentials(std::string message, Failure const& cause) {
    auto failure = fail(Failure::Kind::credentials, std::move(message)).error();
    failure.source_is_away = may_pass(cause);
    return failure;
}

Error to_error(Failure const& failure, std::string_view service) {
    Error error;
    error.code = class_of(failure);
    auto const& message = failure.message;
    switch (failure.kind) {
        case Failure::Kind::service:
            error.message =
                fmt::format("{} answered {}", service,
                            failure.code.empty() ? std::to_string(failure.status) : failure.code);
            if (!message.empty()) error.message += ": " + message;
            break;
        case Failure::Kind::credentials:
            error.message = fmt::format("no AWS credentials for {}: {}", service, message);
            break;
        case Failure::Kind::network:
            error.message = fmt::format("{} cannot be reached: {}", service, message);
            break;
        case Failure::Kind::timed_out:
            error.message = fmt::format("{} took too long: {}", service, message);
            break;
        case Failure::Kind::cancelled:
            error.message = fmt::format("the call of {} was stopped", service);
            break;
        case Failure::Kind::unreadable:
            error.message = fmt::format("the answer of {} cannot be read: {}", service, message);
            break;
    }
    if (!failure.request_id.empty()) {
        error.message += fmt::format(" (request {})", failure.request_id);
    }
    return error;
}

Error to_outage(Failure const& failure, std::string_view service, Log& log) {
    auto of_many = failure;
    of_many.request_id.clear();
    auto const told = to_error(of_many, service);
    switch (told.code) {
        case Errc::cancelled:
            return {Errc::cancelled, told.message, {}};
        case Errc::not_found:
            return {Errc::not_found, fmt::format("{} does not have it", service), {}};
        default:
            break;
    }
    log.warning("aws_call_failed", {{"service", service},
                                    {"error", told.message},
                                    {"request", failure.request_id}});
    switch (told.code) {
        case Errc::timed_out:
            return {Errc::timed_out, fmt::format("{} took too long; try again", service), {}};
        case Errc::too_large:
            return {Errc::too_large, fmt::format("it is too large for {}", service), {}};
        default:
            return {Errc::unavailable,
                    fmt::format("{} cannot be used now; the server's log says why", service),
                    {}};
    }
}

Failure from_error(Error const& error) {
    Failure failure;
    failure.message = error.message;
    failure.reason = error.reason;
    // Before these the request was not begun to be written.
    failure.was_sent =
        !(error.reason == "resolve" || error.reason == "connect" || error.reason == "tls" ||
          error.code == Errc::forbidden || error.code == Errc::invalid_argument);
    if (error.code == Errc::forbidden) failure.code = refused_code;
    switch (error.code) {
        case Errc::timed_out:
            failure.kind = Failure::Kind::timed_out;
            break;
        case Errc::cancelled:
            failure.kind = Failure::Kind::cancelled;
            break;
        case Errc::too_large:
        case Errc::invalid_argument:
            failure.kind = Failure::Kind::unreadable;
            break;
        default:
            failure.kind = Failure::Kind::network;
    }
    return failure;
}

}  // namespace kaiwa::aws
