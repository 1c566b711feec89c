#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kaiwa::llm {

/// Why a model did not answer, in classes that a person and a retry policy can act on.
enum class FailureClass {
    auth,            ///< The key is missing, wrong or not allowed (401, 403).
    not_found,       ///< No such model or address (404).
    invalid,         ///< The request was refused (400, 422).
    context_length,  ///< The prompt does not fit the model's window.
    quota,           ///< The account is out of credit; never retried.
    rate_limited,    ///< Too many requests (429).
    overloaded,      ///< The server has no capacity now (503, 529).
    timeout,         ///< A deadline passed, ours or the server's (408, 504).
    model_error,     ///< The model or its server failed (500), also in mid-answer.
    network,         ///< No connection, or it broke; a cut answer is this.
    cancelled,       ///< We were asked to stop.
};

[[nodiscard]] std::string_view to_string(FailureClass failure);

/// A failed call of a model.
struct Failure {
    FailureClass kind = FailureClass::model_error;
    std::string message;              ///< For a person; the server's own words where it has some.
    std::string provider_request_id;  ///< What the provider's support asks for; may be empty.
    std::string provider;             ///< Its name, set by whoever chose the model.
    std::optional<std::chrono::milliseconds> retry_after;
    bool is_unsent = false;  ///< The request never reached the server: it worked on nothing.
    /// In place of `message` for whoever runs the server, where that names accounts, roles or
    /// secrets; else empty. For the log, never for who asked.
    std::string for_operator{};
    /// Which of our own sentences `message` is, by a stable name such as "first_byte", or
    /// `said_by_server`. Empty: not known.
    std::string reason{};
};

/// The reason of a failure whose words are those of the model's server.
inline constexpr std::string_view said_by_server = "said";

/// All that is known, for whoever runs the server.
[[nodiscard]] inline std::string const& words_for_operator(Failure const& failure) {
    return failure.for_operator.empty() ? failure.message : failure.for_operator;
}

/// A failure of which no more than its class, words and reason are known.
[[nodiscard]] inline Failure make_failure(FailureClass kind, std::string message,
                                          std::string_view reason = {}) {
    Failure failure;
    failure.kind = kind;
    failure.message = std::move(message);
    failure.reason = reason;
    return failure;
}

template <class T>
using Outcome = std::expected<T, Failure>;

}  // namespace kaiwa::llm
