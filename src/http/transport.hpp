#pragma once

#include "base/secret.hpp"
#include "http/message.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace kaiwa::http {

/// How long an outbound call may take, part by part.
struct Deadlines {
    std::chrono::milliseconds connect{10'000};      ///< Resolve, connect and TLS handshake.
    std::chrono::milliseconds first_byte{300'000};  ///< From the request sent to the head received.
    std::chrono::milliseconds idle{120'000};     ///< Longest pause between two reads of the body.
    std::chrono::milliseconds total{1'800'000};  ///< The whole call.
};

struct OutboundRequest {
    std::string method = "GET";
    std::string url;  ///< Absolute http or https; no user information, no fragment.
    Headers headers;  ///< `Host`, `Content-Length` and `Connection` are added.
    std::string body;
    Deadlines deadlines;
};

/// The answer to an outbound call while its body arrives. Destroying it before the end of the body
/// closes the connection, which tells the server to stop working.
class InboundResponse {
public:
    virtual ~InboundResponse() = default;
    [[nodiscard]] virtual unsigned status() const = 0;
    [[nodiscard]] virtual Headers const& headers() const = 0;
    /// Frees the headers, for a body that goes on for long.
    virtual void forget_headers() {}

    /// The bytes of one read, valid until the next call; empty once at the end of the body.
    /// Fails with `timed_out` (idle or total), `cancelled`, or `unavailable` (the connection ended
    /// inside the body, or its framing is broken).
    virtual asio::awaitable<Result<std::string_view>> read_some() = 0;
    /// What `read_some()` would give, where that was read already.
    [[nodiscard]] virtual std::optional<Result<std::string_view>> read_now() {
        return std::nullopt;
    }
    /// The read that `read_now()` lacks, after which it is asked again: less is held in it than in
    /// `read_some()`. Null where there is only that.
    [[nodiscard]] virtual std::optional<asio::awaitable<void>> arrival() { return std::nullopt; }

    /// The rest of the body; fails with `too_large` over `max_bytes`.
    asio::awaitable<Result<std::string>> read_all(std::size_t max_bytes);
};

/// Makes outbound HTTP calls; injected into whatever talks to another server. Thread-safe: a call
/// runs on the loop of the task that awaits it.
class Transport {
public:
    virtual ~Transport() = default;

    /// Sends `request` and returns when the head of the answer is there. Follows no redirect and
    /// retries nothing, but for one resend on a kept connection that the server had already closed
    /// before it sent a byte.
    ///
    /// Fails with `invalid_argument` (the URL), `forbidden` (the outbound gate refuses the
    /// address), `timed_out`, `cancelled`, or `unavailable` (`reason` one of "resolve", "connect",
    /// "tls", "broken").
    virtual asio::awaitable<Result<std::unique_ptr<InboundResponse>>> send(
        OutboundRequest request) = 0;
};

}  // namespace kaiwa::http
