#include "api/problem.hpp"

#include "api/answer.hpp"
#include "api/json_text.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <array>

namespace kaiwa::api {
namespace {

struct Kind {
    unsigned status;
    std::string_view code;
    std::string_view title;
};

Kind kind_of(Errc code) {
    switch (code) {
        case Errc::invalid_argument: return {400, "invalid_request", "Invalid request"};
        case Errc::unauthenticated: return {401, "unauthenticated", "Not signed in"};
        case Errc::forbidden: return {403, "forbidden", "Not allowed"};
        case Errc::not_found: return {404, "not_found", "Not found"};
        case Errc::conflict: return {409, "conflict", "Conflict"};
        case Errc::gone: return {410, "events_expired", "No longer kept"};
        case Errc::too_large: return {413, "too_large", "Too large"};
        case Errc::unsupported: return {501, "unsupported", "Not possible here"};
        case Errc::rate_limited: return {429, "too_many_requests", "Too many requests"};
        case Errc::cancelled:
        case Errc::timed_out:
        case Errc::unavailable: return {503, "unavailable", "Not available now"};
        case Errc::internal: break;
    }
    return {500, "internal", "Internal error"};
}

/// Reasons that are codes of their own; status 0: that of the `Errc`.
constexpr std::array<std::pair<std::string_view, unsigned>, 25> known_reasons{{
    {"unknown_field", 0},
    {"wrong_credentials", 0},
    {"unauthenticated", 0},
    {"bad_origin", 0},
    {"method_not_allowed", 405},
    {"idempotency_conflict", 0},
    {"unknown_model", 0},
    {"events_expired", 0},
    {"unsupported_type", 415},
    {"range_not_satisfiable", 416},
    {"misdirected", 421},
    {"upgrade_required", 426},
    {"too_many_requests", 0},
    {"draining", 0},
    {"username_taken", 0},
    {"key_name_taken", 0},
    {"last_administrator", 0},
    {"read_only", 0},
    {"wrong_setup_token", 0},
    {"setup_done", 0},
    // What the host refuses before a route is asked.
    {"request_timeout", 408},
    {"expectation", 417},
    {"head_too_large", 431},
    {"too_many_fields", 431},
    {"http_version", 505},
}};

}  // namespace

Problem to_problem(Error const& error) {
    auto const kind = kind_of(error.code);
    Problem problem{kind.status, std::string(kind.code), std::string(kind.title), error.message};
    auto const* reason = std::ranges::find(known_reasons, error.reason, [](auto const& known) {
        return known.first;
    });
    if (reason != known_reasons.end() && error.code != Errc::not_found) {
        problem.code = reason->first;
        if (reason->second != 0) problem.status = reason->second;
    }
    // One text, so that an answer never tells what is foreign from what is absent.
    if (error.code == Errc::not_found) problem.detail = "It does not exist, or it is not yours.";
    if (error.code == Errc::internal)
        problem.detail = "Something went wrong here. The server's log has it under request_id.";
    return problem;
}

std::string problem_members(Problem const& problem, std::string_view request_id) {
    std::string out;
    JsonMembers(out)
        .text("title", problem.title)
        .number("status", problem.status)
        .text("detail", replace_invalid_utf8(problem.detail))
        .text("code", problem.code)
        .text("request_id", replace_invalid_utf8(std::string(request_id)));
    return out;
}

asio::awaitable<Result<void>> answer_problem(Error error, http::Request const& request,
                                             http::ResponseWriter& writer, Log& log,
                                             http::Headers extra) {
    auto const problem = to_problem(error);
    if (problem.status == 500 || problem.code == "unavailable") {
        auto const level = problem.status == 500 ? LogLevel::error : LogLevel::warning;
        log.write(level, "request_failed", {{"request_id", request.id},
                                            {"method", request.method},
                                            {"status", problem.status},
                                            {"error", error.message}});
    }
    auto head = api_head(problem.status, "application/problem+json");
    for (auto const& [name, value] : extra) head.headers.set(name, value);
    if (problem.status == 401) head.headers.set("WWW-Authenticate", "Bearer");
    if (problem.status == 426) {
        head.headers.set("Upgrade", "websocket");
        head.headers.set("Sec-WebSocket-Version", "13");
    }
    if ((problem.status == 429 || problem.status == 503) && !head.headers.has("Retry-After"))
        head.headers.set("Retry-After", "1");
    auto body = "{\"type\":\"about:blank\"," + problem_members(problem, request.id) + "}";
    co_return co_await writer.respond(std::move(head), std::move(body));
}

http::Router::ErrorHandler problem_answers(Log& log) {
    return [&log](Error error, http::Request const& request, http::ResponseWriter& writer) {
        return answer_problem(std::move(error), request, writer, log);
    };
}

}  // namespace kaiwa::api
