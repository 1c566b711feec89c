#pragma once

#include "http/message.hpp"

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::http {

/// Answers one request. A failure returned before the answer began is turned into the host's error
/// answer by `Routes::on_error`; a later one closes the connection.
using Handler = std::function<asio::awaitable<Result<void>>(Request&, ResponseWriter&)>;

/// Decides by the head alone whether a request may come in; a failure is answered like a handler's,
/// and the body is not read. Nothing that it finds out may be relied on behind the body, which may
/// take long.
using Admission = std::function<asio::awaitable<Result<void>>(Request&)>;

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
    Admission admit{};  ///< Empty: whoever asks may.
};

/// The table of routes; fixed once serving began, so it needs no lock.
///
/// A path matches segment by segment as it stands: no slash is added, dropped or folded. Where
/// several patterns match, a literal segment wins over `{…}`, and that over `{*}`.
class Router {
public:
    Router();
    ~Router();
    Router(Router const&) = delete;
    Router& operator=(Router const&) = delete;

    /// Throws `std::logic_error` for a malformed pattern or a second route of the same method and
    /// pattern: a mistake in the program.
    void add(Route route);
    /// Gives another path for one that no pattern matches, or nothing; that path is matched then. It
    /// is for paths whose spelling others decide. The request keeps the path that it came with.
    using Alias = std::function<std::optional<std::string>(std::string_view path)>;
    void set_alias(Alias alias) { alias_ = std::move(alias); }
    /// Used where no pattern matches (the page).
    void set_fallback(Handler handler) { fallback_ = std::move(handler); }
    /// Turns a failure into an answer: the only place where `Errc` meets HTTP for a handler.
    /// Where the host knows the status better (405 with `Allow`, 400 for a broken request…) it
    /// replaces the one set here.
    using ErrorHandler =
        std::function<asio::awaitable<Result<void>>(Error, Request const&, ResponseWriter&)>;
    void set_error_handler(ErrorHandler handler) { on_error_ = std::move(handler); }

    struct Match {
        Route const* route = nullptr;       ///< Null: no route for this method.
        std::vector<std::string> segments;  ///< What the pattern matched.
        std::string allowed;                ///< For 405: the methods the path has; empty: 404.
        std::optional<Result<void>> admission{};  ///< Set by `admit()`.
        std::exception_ptr bug{};                 ///< Admission threw it; thrown again by `answer()`.

        [[nodiscard]] bool is_refused() const { return bug || (admission && !*admission); }
    };
    [[nodiscard]] Match match(std::string_view method, std::string_view path) const;
    [[nodiscard]] std::vector<Route> const& routes() const { return routes_; }
    [[nodiscard]] Handler const& fallback() const { return fallback_; }

    /// Asks the route that `match` found whether `request` may come in, before its body is read.
    /// Never throws; `answer()` does it where the host did not.
    asio::awaitable<void> admit(Match& match, Request& request) const;

    /// Runs the handler that `match` found, and answers its failure. Never throws. Fails when the
    /// connection is beyond saving: the answer broke off after it began (that error), or the
    /// handler threw (`internal`, a bug for the host to log; answered 500 where nothing had begun).
    asio::awaitable<Result<void>> answer(Match match, Request& request,
                                         ResponseWriter& writer) const;

    /// Answers `error` without a handler, with `status` and `extra` fields whatever the error
    /// handler sets; for what the host itself refuses. Never throws.
    asio::awaitable<Result<void>> refuse(Error error, unsigned status, Headers extra,
                                         Request const& request, ResponseWriter& writer) const;

private:
    struct Node;
    [[nodiscard]] Match match_as_it_stands(std::string_view method, std::string_view path) const;
    asio::awaitable<Result<void>> handle(Match match, Request& request,
                                         ResponseWriter& writer) const;
    asio::awaitable<Result<void>> answer_error(Error error, Request const& request,
                                               ResponseWriter& writer) const;

    std::vector<Route> routes_;
    std::unique_ptr<Node> root_;
    Alias alias_;
    Handler fallback_;
    ErrorHandler on_error_;
};

}  // namespace kaiwa::http
