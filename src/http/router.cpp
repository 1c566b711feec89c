#include "http/router.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <stdexcept>

namespace kaiwa::http {

/// One place in the tree of patterns. Routes are indices into `routes_`.
struct Router::Node {
    std::map<std::string, Node, std::less<>> literals;
    std::unique_ptr<Node> parameter;
    std::vector<std::size_t> routes;  // the pattern ends here
    std::vector<std::size_t> rest;    // the pattern goes on with {*}
};

namespace {

/// One segment taken off the front of a path that lost its first slash.
struct Segment {
    std::string_view text;
    std::string_view rest;
    bool last;
};

Segment take_segment(std::string_view path) {
    auto const slash = path.find('/');
    if (slash == path.npos) return {path, {}, true};
    return {path.substr(0, slash), path.substr(slash + 1), false};
}

/// Replaces the status and adds fields, whatever the error handler chose.
class FixedStatus final : public ResponseWriter {
public:
    FixedStatus(ResponseWriter& writer, unsigned status, Headers extra)
        : writer_(writer), status_(status), extra_(std::move(extra)) {}

    asio::awaitable<Result<void>> respond(ResponseHead head, std::string body) override {
        return writer_.respond(fix(std::move(head)), std::move(body));
    }
    asio::awaitable<Result<void>> respond_static(ResponseHead head,
                                                 std::string_view body) override {
        return writer_.respond_static(fix(std::move(head)), body);
    }
    asio::awaitable<Result<void>> start(ResponseHead head) override {
        return writer_.start(fix(std::move(head)));
    }
    asio::awaitable<Result<void>> write(std::span<asio::const_buffer const> pieces) override {
        return writer_.write(pieces);
    }
    asio::awaitable<Result<void>> finish() override { return writer_.finish(); }
    asio::awaitable<Result<std::unique_ptr<WebSocket>>> accept_websocket(
        std::string subprotocol) override {
        return writer_.accept_websocket(std::move(subprotocol));
    }
    [[nodiscard]] bool started() const override { return writer_.started(); }

private:
    ResponseHead fix(ResponseHead head) const {
        head.status = status_;
        for (auto const& [name, value] : extra_) head.headers.set(name, value);
        return head;
    }

    ResponseWriter& writer_;
    unsigned status_;
    Headers extra_;
};

/// The status of an error while no error handler is set.
unsigned plain_status(Errc code) {
    switch (code) {
        case Errc::invalid_argument:
            return 400;
        case Errc::unauthenticated:
            return 401;
        case Errc::forbidden:
            return 403;
        case Errc::not_found:
            return 404;
        case Errc::conflict:
            return 409;
        case Errc::gone:
            return 410;
        case Errc::too_large:
            return 413;
        case Errc::unsupported:
            return 501;
        case Errc::rate_limited:
            return 429;
        case Errc::cancelled:
        case Errc::timed_out:
        case Errc::unavailable:
            return 503;
        case Errc::internal:
            break;
    }
    return 500;
}

/// Finds the best route for one method and collects the methods of the others.
class Search {
public:
    Search(std::vector<Route> const& routes, std::string_view method)
        : routes_(routes), method_(method) {}

    /// True when one of `candidates` has the method. HEAD is answered by GET.
    bool try_routes(std::vector<std::size_t> const& candidates) {
        Route const* get = nullptr;
        for (auto const index : candidates) {
            auto const& route = routes_[index];
            if (route.method == method_) {
                found = &route;
                return true;
            }
            if (route.method == "GET") get = &route;
            allow(route.method);
            if (route.method == "GET") allow("HEAD");
        }
        if (method_ == "HEAD") found = get;
        return found != nullptr;
    }

    Route const* found = nullptr;
    std::vector<std::string> segments;
    std::vector<std::string_view> allowed;

private:
    void allow(std::string_view method) {
        if (std::ranges::find(allowed, method) == allowed.end()) allowed.push_back(method);
    }

    std::vector<Route> const& routes_;
    std::string_view method_;
};

/// Walks every pattern that matches `path`, best first. As deep as the longest pattern.
template <class Node>
bool visit(Node const& node, std::string_view path, Search& search) {
    auto const segment = take_segment(path);
    auto const descend = [&](Node const& child) {
        return segment.last ? search.try_routes(child.routes) : visit(child, segment.rest, search);
    };
    if (auto const it = node.literals.find(segment.text); it != node.literals.end()) {
        if (descend(it->second)) return true;
    }
    if (node.parameter && !segment.text.empty()) {
        search.segments.emplace_back(segment.text);
        if (descend(*node.parameter)) return true;
        search.segments.pop_back();
    }
    if (!node.rest.empty()) {
        search.segments.emplace_back(path);
        if (search.try_routes(node.rest)) return true;
        search.segments.pop_back();
    }
    return false;
}

}  // namespace

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;

void Router::add(Route route) {
    auto const refuse_pattern = [&](char const* why) {
        throw std::logic_error(fmt::format("route {} {}: {}", route.method, route.pattern, why));
    };
    if (!route.pattern.starts_with('/')) refuse_pattern("a pattern begins with '/'");
    if (!route.handler) refuse_pattern("it has no handler");

    auto* node = root_.get();
    auto* ends = &node->routes;
    std::string_view rest = std::string_view(route.pattern).substr(1);
    for (bool last = false; !last;) {
        auto const segment = take_segment(rest);
        last = segment.last;
        rest = segment.rest;
        if (segment.text == "{*}") {
            if (!last) refuse_pattern("{*} is for the end of a pattern");
            ends = &node->rest;
        } else if (segment.text.starts_with('{') && segment.text.ends_with('}')) {
            if (!node->parameter) node->parameter = std::make_unique<Node>();
            node = node->parameter.get();
            ends = &node->routes;
        } else {
            if (segment.text.find_first_of("{}*") != segment.text.npos) {
                refuse_pattern("a segment is all literal or all {name}");
            }
            node = &node->literals[std::string(segment.text)];
            ends = &node->routes;
        }
    }
    for (auto const index : *ends) {
        if (routes_[index].method == route.method) refuse_pattern("there is one already");
    }
    ends->push_back(routes_.size());
    routes_.push_back(std::move(route));
}

Router::Match Router::match(std::string_view method, std::string_view path) const {
    auto match = match_as_it_stands(method, path);
    if (match.route || !match.allowed.empty() || !alias_) return match;
    auto const other = alias_(path);
    return other ? match_as_it_stands(method, *other) : match;
}

Router::Match Router::match_as_it_stands(std::string_view method, std::string_view path) const {
    Match match;
    if (!path.starts_with('/')) return match;
    Search search(routes_, method);
    visit(*root_, path.substr(1), search);
    match.route = search.found;
    if (search.found) {
        match.segments = std::move(search.segments);
    } else {
        match.allowed = fmt::to_string(fmt::join(search.allowed, ", "));
    }
    return match;
}

asio::awaitable<Result<void>> Router::answer(Match match, Request& request,
                                             ResponseWriter& writer) const {
    Result<void> done;
    std::string bug;
    try {
        done = co_await handle(std::move(match), request, writer);
    } catch (std::exception const& e) {
        bug = fmt::format("{} {} threw: {}", request.method, request.path, e.what());
    } catch (...) {
        bug = fmt::format("{} {} threw", request.method, request.path);
    }
    if (!bug.empty()) done = fail(Errc::internal, bug);
    if (done || writer.started()) co_return done;

    auto answered = co_await answer_error(done.error(), request, writer);
    if (!answered || !bug.empty()) co_return answered ? done : answered;
    co_return Result<void>{};
}

asio::awaitable<void> Router::admit(Match& match, Request& request) const {
    request.segments = match.segments;
    match.admission = Result<void>{};
    if (request.query_error) match.admission = std::unexpected(*request.query_error);
    if (request.query_error || !match.route || !match.route->admit) co_return;
    try {
        match.admission = co_await match.route->admit(request);
    } catch (...) {
        match.bug = std::current_exception();
    }
}

asio::awaitable<Result<void>> Router::handle(Match match, Request& request,
                                             ResponseWriter& writer) const {
    if (request.query_error) co_return std::unexpected(*request.query_error);
    if (match.route) {
        if (!match.admission) co_await admit(match, request);
        if (match.bug) std::rethrow_exception(match.bug);
        if (!*match.admission) co_return *match.admission;
        auto done = co_await match.route->handler(request, writer);
        if (!done) co_return done;
    } else if (!match.allowed.empty()) {
        Error error{Errc::invalid_argument,
                    fmt::format("{} is not possible here, only {}", request.method, match.allowed),
                    "method_not_allowed"};
        Headers const extra{{"Allow", match.allowed}};
        co_return co_await refuse(std::move(error), 405, extra, request, writer);
    } else if (fallback_) {
        auto done = co_await fallback_(request, writer);
        if (!done) co_return done;
    } else {
        co_return fail(Errc::not_found, "nothing is here");
    }
    if (!writer.started()) {
        co_return fail(Errc::internal, fmt::format("the route of {} {} gave no answer",
                                                   request.method, request.path));
    }
    co_return Result<void>{};
}

asio::awaitable<Result<void>> Router::refuse(Error error, unsigned status, Headers extra,
                                             Request const& request, ResponseWriter& writer) const {
    FixedStatus fixed(writer, status, std::move(extra));
    co_return co_await answer_error(std::move(error), request, fixed);
}

asio::awaitable<Result<void>> Router::answer_error(Error error, Request const& request,
                                                   ResponseWriter& writer) const {
    if (on_error_) {
        Result<void> answered;
        std::string bug;
        try {
            answered = co_await on_error_(error, request, writer);
        } catch (std::exception const& e) {
            bug = e.what();
        }
        if (!bug.empty()) answered = fail(Errc::internal, "the error handler threw: " + bug);
        if (answered || writer.started()) co_return answered;
    }
    ResponseHead head{plain_status(error.code), {{"Content-Type", "text/plain; charset=utf-8"}}};
    auto text = error.code == Errc::internal ? std::string("internal error") : error.message;
    text.push_back('\n');
    co_return co_await writer.respond(std::move(head), std::move(text));
}

}  // namespace kaiwa::http
