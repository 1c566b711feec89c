#pragma once

#include "api/answer.hpp"
#include "api/guard.hpp"
#include "api/services.hpp"
#include "base/json.hpp"
#include "http/message.hpp"
#include "http/router.hpp"

#include <memory>
#include <optional>
#include <string>

namespace kaiwa::api {

/// One request on its way through a route, with what the guard found out.
struct Call {
    Services const& services;
    std::shared_ptr<Settings const> settings;
    http::Request& request;
    http::ResponseWriter& writer;
    std::optional<auth::Caller> caller;  ///< Set but for `Access::anyone`.
    json::value body;                    ///< Of routes that take JSON.

    [[nodiscard]] auth::Principal const& who() const { return caller->principal; }
    /// What the pattern's n-th `{…}` matched.
    [[nodiscard]] std::string const& segment(std::size_t n) const { return request.segments[n]; }
};

/// Answers one guarded request. Its failure becomes a problem.
using Action = asio::awaitable<Result<void>> (*)(Call& call);

/// Adds guarded routes to a router.
class RouteTable {
public:
    RouteTable(http::Router& router, std::shared_ptr<Services const> services)
        : router_(router), services_(std::move(services)) {}

    /// Without a body.
    void add(std::string method, std::string pattern, Action action,
             Access access = Access::signed_in);
    /// With a JSON body of at most `max_bytes`.
    void add_json(std::string method, std::string pattern, Action action, std::size_t max_bytes,
                  Access access = Access::signed_in);
    /// With `{}` or nothing for a body.
    void add_command(std::string method, std::string pattern, Action action);
    /// With a body that the action reads piece by piece.
    void add_upload(std::string method, std::string pattern, Action action, std::size_t max_bytes);
    /// A WebSocket whose messages have at most `max_bytes`.
    void add_websocket(std::string pattern, Action action, std::size_t max_bytes);
    /// Answered whoever asks and under any Host: for load balancers and monitors.
    void add_unguarded(std::string pattern, Action action);

private:
    enum class Body { none, json, nothing, streamed };
    struct Rule {
        Action action;
        Access access;
        Body body;
    };
    static asio::awaitable<Result<void>> admit(std::shared_ptr<Services const> services,
                                               Access access, http::Request& request);
    static asio::awaitable<Result<void>> run(std::shared_ptr<Services const> services, Rule rule,
                                             http::Request& request, http::ResponseWriter& writer);
    static asio::awaitable<Result<void>> run_unguarded(std::shared_ptr<Services const> services,
                                                       Action action, http::Request& request,
                                                       http::ResponseWriter& writer);
    void add(std::string method, std::string pattern, Rule rule, http::BodyMode mode,
             std::size_t max_bytes);

    http::Router& router_;
    std::shared_ptr<Services const> services_;
};

}  // namespace kaiwa::api
