#include "base/utf8.hpp"
#include "http/answer.hpp"
#include "http/forwarded.hpp"
#include "http/request_body.hpp"
#include "http/target.hpp"
#include "http/text.hpp"

#include <fmt/format.h>

namespace kaiwa::http {

namespace {

constexpr std::size_t read_size = 4 * 1024;
/// A body that nobody asked for is read and forgotten up to here, so that the connection lives on.
constexpr std::uint64_t max_dropped_bytes = 64 * 1024;

/// What becomes of the connection after a request.
enum class Next {
    request,
    close,
    linger,  // close, but let the client read the answer before it sees that
    abort,
};

/// A request whose head was understood.
struct Received {
    Request request;
    BodyFraming framing = BodyFraming::none();
    RequestBody::Expects expects = RequestBody::Expects::nothing;
    unsigned minor_version = 1;
    bool closes = false;
};

unsigned status_of(Error const& error) {
    if (error.reason == "http_version") return 505;
    if (error.reason == "too_many_fields" || error.reason == "head_too_large") return 431;
    if (error.reason == "expectation") return 417;
    if (error.code == Errc::too_large) return 413;
    if (error.code == Errc::timed_out) return 408;
    if (error.code == Errc::unavailable) return 503;
    return 400;
}

/// Of a head that is refused: whom it asks, so that the answer has the shape that its client reads.
void note_target(std::string_view bytes, Request& request) {
    auto start = parse_request_start(bytes);
    auto target = start ? parse_target(start->target) : Result<Target>(fail(Errc::internal, ""));
    if (!target) return;
    request.method = std::move(start->method);
    request.path = std::move(target->path);
    request.query = std::move(target->query);
}

/// Reads one head. Fails with `cancelled` when no request began: there is nobody to answer. What is
/// known of one that is refused is put into `request`.
asio::awaitable<Result<RequestHead>> read_head(Connection& connection, Request& request) {
    auto const& limits = connection.loop().options.limits;
    auto& input = connection.input();
    auto const now = [] { return std::chrono::steady_clock::now(); };

    std::size_t searched = 0;
    bool began = false;
    auto deadline = now() + limits.keep_alive;
    for (;;) {
        // One empty line in front is forgiven (RFC 9112, 2.2).
        if (!began && input.view().starts_with("\r\n")) input.consume(2);
        if (!began && !input.empty() && input.view() != "\r") {
            began = true;
            deadline = now() + limits.header_time;
        }
        if (began) {
            auto const size = find_head_end(input.view(), searched);
            if (!size) {
                note_target(input.view(), request);
                co_return std::unexpected(size.error());
            }
            if (*size > limits.max_header_bytes ||
                (*size == 0 && input.size() >= limits.max_header_bytes)) {
                note_target(input.view(), request);
                co_return fail(
                    Errc::invalid_argument,
                    fmt::format("the head is larger than {} bytes", limits.max_header_bytes),
                    "head_too_large");
            }
            if (*size > 0) {
                auto head = parse_request_head(input.view().substr(0, *size));
                if (!head) note_target(input.view(), request);
                input.consume(*size);
                co_return head;
            }
        }
        connection.set_idle(!began);
        // A head that needs more than the first buffer gets the whole allowance at once.
        auto const size = input.size() < read_size ? read_size : limits.max_header_bytes;
        auto const more = co_await connection.fill(size, deadline);
        connection.set_idle(false);
        if (!more && more.error().code == Errc::timed_out && began) {
            note_target(input.view(), request);
            co_return std::unexpected(more.error());
        }
        if (!more || !*more) co_return fail(Errc::cancelled, "the client ended the connection");
    }
}

/// The host and the target in origin form; an absolute target names the host itself.
Result<Target> resolve_target(RequestHead& head) {
    if (head.headers.count("host") != 1 && (head.minor_version == 1 || head.headers.has("host"))) {
        return fail(Errc::invalid_argument, "a request must have one Host field");
    }
    std::string_view target = head.target;
    for (std::string_view scheme : {"http://", "https://"}) {
        if (!same_word(target.substr(0, scheme.size()), scheme)) continue;
        target.remove_prefix(scheme.size());
        auto const end = std::min(target.find_first_of("/?"), target.size());
        head.headers.set("Host", std::string(target.substr(0, end)));
        target.remove_prefix(end);
        if (target.empty()) return Target{"/", {}};
        if (target.starts_with('?')) return parse_target("/" + std::string(target));
        break;
    }
    auto const host = head.headers.get("host");
    if (host.find_first_of("@/\\?# ,\t") != host.npos) {
        return fail(Errc::invalid_argument, "the Host field must be a host and a port");
    }
    return parse_target(target);
}

/// Fills `received` from the head as far as it is sound.
Result<void> understand(RequestHead head, Connection& connection, Received& received) {
    auto& request = received.request;
    received.minor_version = head.minor_version;
    received.closes = closes_connection(head.headers, head.minor_version);

    auto const framing = request_framing(head);
    auto target = resolve_target(head);
    if (!target) return std::unexpected(target.error());
    request.path = std::move(target->path);
    request.query = std::move(target->query);
    request.query_error = std::move(target->query_error);
    request.method = std::move(head.method);
    request.headers = std::move(head.headers);
    if (!framing) return std::unexpected(framing.error());
    received.framing = *framing;

    if (request.headers.has("expect") && received.minor_version == 1) {
        if (!same_word(request.headers.get("expect"), "100-continue")) {
            return fail(Errc::invalid_argument, "only 100-continue can be expected", "expectation");
        }
        received.expects = RequestBody::Expects::go_ahead;
    }

    auto asker =
        find_asker(request.headers, connection.peer(), connection.loop().options.trusted_proxies);
    request.peer = asker.address;
    request.secure = asker.secure;
    request.forwarded = asker.forwarded;
    if (asker.host) request.headers.set("Host", std::move(*asker.host));
    return {};
}

/// Answers with `error` and ends the connection: what follows on it is not understood.
asio::awaitable<Next> refuse(Connection& connection, Error error, Request const& request,
                             Answer& answer) {
    answer.close_after();
    auto const status = status_of(error);
    Headers const none;
    auto const& router = connection.loop().router;
    auto const answered = co_await router.refuse(std::move(error), status, none, request, answer);
    co_return answered ? Next::linger : Next::close;
}

/// Reads the part of the body that must be read before the handler runs.
asio::awaitable<Result<void>> take_body(Router::Match const& match, RequestBody& body,
                                        Request& request) {
    auto const mode = match.route ? match.route->body : BodyMode::none;
    body.set_limit(mode == BodyMode::none ? max_dropped_bytes : match.route->max_body_bytes);
    if (mode == BodyMode::buffered) co_return co_await body.read_into(request.body);
    if (mode == BodyMode::streamed) {
        request.body_reader = &body;
    } else if (!body.is_awaited()) {
        co_return co_await body.drop();
    }
    co_return Result<void>{};
}

/// Decides how to go on once the handler is through.
asio::awaitable<Next> wind_up(Connection& connection, Answer& answer, RequestBody& body) {
    if (!answer.whole()) co_return answer.must_abort() ? Next::abort : Next::close;
    if (!body.done() && (body.is_broken() || body.is_awaited())) co_return Next::linger;
    if (answer.closes()) {
        co_return body.done() && connection.input().empty() ? Next::close : Next::linger;
    }
    if (!body.done()) {
        body.set_limit(max_dropped_bytes);
        auto const dropped = co_await body.drop();
        if (!dropped) co_return Next::linger;
    }
    co_return Next::request;
}

/// The line of a request that was answered, or given up.
void log_request(ServerLoop& loop, Request const& request, Answer const& answer,
                 std::chrono::steady_clock::time_point begun) {
    if (loop.options.request_log == ServerOptions::RequestLog::off) return;
    auto const took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - begun);
    loop.log.info("request", {{"request_id", request.id},
                              {"method", request.method},
                              {"path", request.path},
                              {"status", answer.websocket() ? 101u : answer.status()},
                              {"ms", took.count()},
                              {"principal", request.notes.principal},
                              {"thread", request.notes.thread}});
}

/// Serves one request, but for a body that its route left to be sent: that is put into `streamed`.
asio::awaitable<Next> serve_request(Connection& connection, std::optional<StreamedBody>& streamed) {
    auto& loop = connection.loop();
    Received received;
    auto& request = received.request;
    request.path = "/";
    request.peer = unmapped(connection.peer());

    auto head = co_await read_head(connection, request);
    if (!head && head.error().code == Errc::cancelled) co_return Next::close;
    auto const begun = std::chrono::steady_clock::now();
    request.id = "req-" + loop.random.token(9);
    auto understood = head ? understand(std::move(*head), connection, received)
                           : Result<void>(std::unexpected(head.error()));
    if (!understood) {
        Answer answer(connection, request, 1, 0);
        co_return co_await refuse(connection, std::move(understood.error()), request, answer);
    }

    auto match = loop.router.match(request.method, request.path);
    auto const max_message_bytes = match.route ? match.route->max_body_bytes : 0;
    Answer answer(connection, request, received.minor_version, max_message_bytes);
    if (received.closes) answer.close_after();

    RequestBody body(connection, answer, received.framing, received.expects);
    // Whoever may not come in has nothing read and held for it.
    co_await loop.router.admit(match, request);
    Result<void> taken;
    if (!match.is_refused()) taken = co_await take_body(match, body, request);
    if (!taken) {
        if (taken.error().code == Errc::cancelled) co_return Next::close;
        co_return co_await refuse(connection, std::move(taken.error()), request, answer);
    }
    if (body.is_awaited()) answer.close_after();
    connection.input().release_if_empty();

    auto const answered = co_await loop.router.answer(std::move(match), request, answer);
    if (!answered && answered.error().code == Errc::internal) {
        loop.log.error("handler failed", {{"request", request.id},
                                          {"method", request.method},
                                          {"path", request.path},
                                          {"what", answered.error().message}});
    } else if (answered && !answer.whole() && !answer.websocket() && !answer.is_handed_over()) {
        loop.log.error(
            "handler left its answer unfinished",
            {{"request", request.id}, {"method", request.method}, {"path", request.path}});
    }
    if (answer.websocket()) {
        log_request(loop, request, answer, begun);
        bool const stopping = co_await stop_requested();
        co_await answer.websocket()->end(stopping ? 1001 : answered ? 1000 : 1011);
        co_return Next::close;
    }
    log_request(loop, request, answer, begun);
    if (answer.is_handed_over()) {
        if (!body.done()) answer.close_after();
        streamed = answer.take_streamed_body();
        co_return Next::request;
    }
    co_return co_await wind_up(connection, answer, body);
}

// Not inlined: what they hold for a moment would have its place in the frame of a task that waits
// for a whole stream (decision 0013).

[[gnu::noinline]] Result<void> body_threw(std::exception const& e) {
    return fail(Errc::internal, fmt::format("the body threw: {}", e.what()));
}

/// What becomes of the connection once a streamed body was sent, or was not.
[[gnu::noinline]] Next after_stream(Connection& connection, StreamedBody const& streamed,
                                    Result<void> const& sent) {
    if (!sent && sent.error().code == Errc::internal) {
        connection.loop().log.error(
            "handler failed", {{"request", streamed.request_id}, {"what", sent.error().message}});
    }
    if (!sent) return streamed.writer->must_abort() ? Next::abort : Next::close;
    if (!streamed.closes) return Next::request;
    return connection.input().empty() ? Next::close : Next::linger;
}

/// Sends the body of an answer whose request is forgotten.
asio::awaitable<Next> send_streamed(Connection& connection, StreamedBody& streamed) {
    auto& source = *streamed.source;
    Result<void> sent;
    try {
        for (bool more = true; more && sent;) {
            auto pieces = source.ready();
            while (pieces.empty()) {
                auto arrival = source.arrival();
                bool stopping = false;
                if (arrival) {
                    bool const woken = co_await std::move(*arrival);
                    if (!woken) stopping = co_await stop_requested();
                }
                if (!arrival || stopping) {
                    auto const next = co_await source.next();
                    if (next) pieces = *next;
                    if (!next) sent = std::unexpected(next.error());
                    break;
                }
                pieces = source.ready();
            }
            if (!sent) break;
            more = !pieces.empty();
            if (!more) {
                sent = co_await streamed.writer->finish();
                break;
            }
            more = !source.ended();
            auto const part = more ? BodyWriter::Part::more_follows : BodyWriter::Part::last;
            if (!streamed.writer->write_now(pieces, part)) {
                sent = co_await streamed.writer->write(pieces, part);
            }
        }
    } catch (std::exception const& e) {
        sent = body_threw(e);
    }
    co_return after_stream(connection, streamed, sent);
}

}  // namespace

asio::awaitable<void> serve_connection(Connection& connection) {
    auto const& loop = connection.loop();
    auto next = Next::request;
    while (next == Next::request) {
        bool const stopping = co_await stop_requested();
        if (stopping || (loop.draining && connection.input().empty())) co_return;
        std::optional<StreamedBody> streamed;
        next = co_await serve_request(connection, streamed);
        if (streamed) next = co_await send_streamed(connection, *streamed);
    }
    if (next == Next::linger) co_await connection.linger();
    if (next == Next::abort) connection.abort();
}

}  // namespace kaiwa::http
