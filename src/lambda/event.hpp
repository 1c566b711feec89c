#pragma once

#include "base/json.hpp"
#include "base/uuid.hpp"
#include "http/message.hpp"
#include "http/server.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace kaiwa::lambda {

/// The shape that a request came in, and so the one its answer must have.
enum class Shape {
    http_v2,        ///< Function URL, or API Gateway HTTP API with payload format 2.0.
    rest_v1,        ///< API Gateway REST API, or HTTP API with payload format 1.0.
    balancer,       ///< Application load balancer.
    balancer_multi, ///< The same with multi-value headers, an attribute of its target group.
};

/// What stands in front of the function, for what it alone decides. Function URLs and REST APIs can
/// stream answers.
enum class Front { function_url, rest_api, http_api, balancer };

/// A request that came as an event.
struct HttpEvent {
    Shape shape = Shape::http_v2;
    Front front = Front::function_url;
    http::Request request{};
    /// Fails with `invalid_argument` for what our own server would refuse too: answer 400, as
    /// whoever is at the method, path and query of `request` would. They are empty where the event
    /// has no path that can be read; then it was for nobody.
    Result<void> good{};
};

/// Run a turn that another invocation stored: `{"kaiwa":"run","generation":"<id>"}`.
struct RunEvent {
    GenerationId generation;
};

/// Remove what is past its time: `{"kaiwa":"clean"}`, sent by a schedule.
struct CleanEvent {};

/// Any other JSON object: somebody who may invoke the function called it directly.
struct DirectEvent {
    json::object payload;
};

using Event = std::variant<HttpEvent, RunEvent, CleanEvent, DirectEvent>;

/// Reads the payload of one invocation. Formats: AWS Lambda Developer Guide, "Lambda function
/// URLs"; API Gateway, "Working with AWS Lambda proxy integrations" (1.0 and 2.0); Elastic Load
/// Balancing, "Lambda functions as targets".
///
/// The asker's address is the one that AWS saw; X-Forwarded-* is believed beyond it only when that
/// address is one of `trusted_proxies`. A named stage at the front of an HTTP API's path is
/// dropped. An `Authorization` that AWS checked and consumed (SigV4) is taken out; who signed is in
/// `Request::verified_identity`.
///
/// Fails with `invalid_argument` for what is no JSON object or a malformed event of ours, and with
/// `unsupported` for API Gateway's WebSocket events.
[[nodiscard]] Result<Event> read_event(std::string_view payload,
                                       std::vector<http::AddressRange> const& trusted_proxies);

}  // namespace kaiwa::lambda
