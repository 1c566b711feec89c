#pragma once

#include "aws/credentials.hpp"
#include "aws/error.hpp"
#include "aws/retry.hpp"
#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/random.hpp"
#include "http/transport.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace kaiwa::aws {

/// One service in one region.
struct Endpoint {
    std::string service;  ///< The signing name: "dynamodb", "bedrock", "s3", …
    std::string region;
    std::string url;  ///< Scheme, host, port and perhaps a path, no slash at the end.
};

/// Finds out where to call, at the first call; a failure is tried again with the next one.
using FindEndpoint = std::function<asio::awaitable<Outcome<Endpoint>>()>;

struct ServiceRequest {
    std::string method = "POST";
    /// As sent on the wire, encoded once, with its query; signed from this very text.
    std::string target = "/";
    http::Headers headers;
    std::string body;
    /// `total` is for the whole call, retries and pauses included; the others for each attempt.
    http::Deadlines deadlines;
    /// Whether a call that may have been carried out can be sent again.
    enum class Repeat { safe, unsafe } repeat = Repeat::safe;
};

struct ServiceReply {
    unsigned status = 0;
    http::Headers headers;
    std::string body;
};

/// Of a service that may think for a while: at most a minute altogether.
[[nodiscard]] http::Deadlines json_deadlines();

/// Signs and sends calls of one service: credentials, SigV4, clock skew, retries, errors.
///
/// A call that the service refuses because our clock is wrong, or because the credentials expired
/// meanwhile, is sent once more with the clock corrected or new credentials; no retry is spent on
/// it, since the service did nothing. Thread-safe; a call runs on the loop of the task that awaits
/// it and fails with kind `cancelled` soon after that is stopped.
class ServiceClient {
public:
    ServiceClient(http::Transport& transport, CredentialProvider& credentials, Clock const& clock,
                  Random& random, Endpoint endpoint, RetryPolicy retry = {});
    ServiceClient(http::Transport& transport, CredentialProvider& credentials, Clock const& clock,
                  Random& random, FindEndpoint find, RetryPolicy retry = {});
    ~ServiceClient();

    /// Where it calls; empty while that was not found out yet.
    [[nodiscard]] Endpoint const& endpoint() const;

    /// The whole answer of a 2xx, at most `max_bytes`; everything else is a failure.
    asio::awaitable<Outcome<ServiceReply>> call(ServiceRequest request, std::size_t max_bytes);

    /// A call of a JSON service: `POST /` with `X-Amz-Target`; `version` is "1.0" or "1.1". At most
    /// 32 MiB.
    asio::awaitable<Outcome<json::value>> call_json(
        std::string_view version, std::string target, json::value body,
        http::Deadlines deadlines = json_deadlines(),
        ServiceRequest::Repeat repeat = ServiceRequest::Repeat::safe);

    /// Sends without retries and returns when a 2xx head is there; the body is read by the caller
    /// as it arrives (event streams, downloads).
    asio::awaitable<Outcome<std::unique_ptr<http::InboundResponse>>> open(ServiceRequest request);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Reads the JSON of an answer, as deep as DynamoDB nests; fails with `unreadable`.
[[nodiscard]] Outcome<json::value> parse_answer(std::string_view body);

}  // namespace kaiwa::aws
