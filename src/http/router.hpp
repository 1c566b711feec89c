#pragma once

#include "http/message.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::http {

/// Answers one request. A failure returned before the answer began is turned into the host's error
/// answer by `Routes::on_error`; a later one closes the connection.
using Handler = std::function<asio::awaitable<Result<void>>(Request&, ResponseWriter&)>;

enum class BodyMode {
    none,      ///< A body is refused (413 over 0 bytes is not: it is drained up to 64 KiB).
    buffered,  ///< Read whole before the handler runs, at most `max_body_bytes`.
    streamed,  ///< Handed over as `Request::body_reader`, at most `max_body_bytes`.
};

struct Route {
    std::string method;   ///< "GET" also answers HEAD.
    std::string pattern;  ///< "/api/threads/{id}"; a last `{*}` matches the rest, slashes included.
    Handler handler;
    BodyMode body = BodyMode::none;
    std::size_t max_body_bytes = 0;
};

/// The table of routes; fixed once serving began, so it needs no lock.
class Router {
public:
    void add(Route route);
    /// Used where no pattern matches (the page).
    void set_fallback(Handler handler) { fallback_ = std::move(handler); }
    /// Turns a failure into an answer: the only place where `Errc` meets HTTP for a handler.
    using ErrorHandler = std::function<asio::awaitable<Result<void>>(Error, Request const&,
                                                                     ResponseWriter&)>;
    void set_error_handler(ErrorHandler handler) { on_error_ = std::move(handler); }

    struct Match {
        Route const* route = nullptr;       ///< Null: no route for this method.
        std::vector<std::string> segments;  ///< What the pattern matched.
        std::string allowed;                ///< For 405: the methods the path has; empty: 404.
    };
    [[nodiscard]] Match match(std::string_view method, std::string_view path) const;
    [[nodiscard]] std::vector<Route> const& routes() const { return routes_; }
    [[nodiscard]] Handler const& fallback() const { return fallback_; }

    /// Runs the handler that `match` found, and answers its failure. Never fails or throws, but for
    /// a connection that is beyond saving.
    asio::awaitable<Result<void>> answer(Match match, Request& request,
                                         ResponseWriter& writer) const;

private:
    std::vector<Route> routes_;
    Handler fallback_;
    ErrorHandler on_error_;
};

}  // namespace kaiwa::http
