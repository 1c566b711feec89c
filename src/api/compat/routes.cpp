#include "api/compat/routes.hpp"

#include "api/answer.hpp"
#include "api/call.hpp"
#include "api/compat/answering.hpp"
#include "api/compat/roles.hpp"
#include "api/compat/session_name.hpp"
#include "api/event_stream.hpp"
#include "api/fields.hpp"
#include "http/text.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace kaiwa::api::compat {
namespace {

constexpr std::string_view root_path = "/";
constexpr std::array<std::string_view, 3> paths{root_path, "/chat", "/main"};

using SharedServices = std::shared_ptr<Services const>;

/// The head that every answer of a dialect has, also to pages of other origins.
http::ResponseHead dialect_head(unsigned status, http::Headers const& extra) {
    auto head = api_head(status, "application/json");
    for (auto const& [name, value] : extra) head.headers.set(name, value);
    head.headers.set("Cross-Origin-Resource-Policy", "cross-origin");
    if (status == 401) head.headers.set("WWW-Authenticate", "Bearer");
    if (status == 429 || status == 503) head.headers.set("Retry-After", "1");
    return head;
}

asio::awaitable<Result<void>> answer(http::ResponseWriter& writer, Reply reply,
                                     http::Headers const& extra) {
    auto head = dialect_head(reply.status, extra);
    co_return co_await writer.respond(std::move(head), std::move(reply.json));
}

asio::awaitable<Result<void>> answer_error(Services const& services, Dialect dialect, Error error,
                                           http::Request const& request,
                                           http::ResponseWriter& writer) {
    auto reply = error_reply(dialect, error);
    if (reply.status >= 500) {
        services.api->log.error("dialect_failed", {{"request_id", request.id},
                                                   {"dialect", to_string(dialect)},
                                                   {"status", reply.status},
                                                   {"error", error.message}});
    }
    auto const headers = cors_headers(dialect, Outcome::failure);
    co_return co_await answer(writer, std::move(reply), headers);
}

/// Adds fields to the head of whatever is answered.
class WithHeaders final : public http::ResponseWriter {
public:
    WithHeaders(http::ResponseWriter& writer, http::Headers extra)
        : writer_(writer), extra_(std::move(extra)) {}

    asio::awaitable<Result<void>> respond(http::ResponseHead head, std::string body) override {
        return writer_.respond(add(std::move(head)), std::move(body));
    }
    asio::awaitable<Result<void>> respond_static(http::ResponseHead head,
                                                 std::string_view body) override {
        return writer_.respond_static(add(std::move(head)), body);
    }
    asio::awaitable<Result<void>> start(http::ResponseHead head) override {
        return writer_.start(add(std::move(head)));
    }
    asio::awaitable<Result<void>> write(std::span<asio::const_buffer const> pieces) override {
        return writer_.write(pieces);
    }
    asio::awaitable<Result<void>> finish() override { return writer_.finish(); }
    asio::awaitable<Result<std::unique_ptr<http::WebSocket>>> accept_websocket(
        std::string subprotocol) override {
        return writer_.accept_websocket(std::move(subprotocol));
    }
    [[nodiscard]] bool started() const override { return writer_.started(); }

private:
    http::ResponseHead add(http::ResponseHead head) const {
        for (auto const& [name, value] : extra_) head.headers.set(name, value);
        head.headers.set("Cross-Origin-Resource-Policy", "cross-origin");
        return head;
    }

    http::ResponseWriter& writer_;
    http::Headers extra_;
};

/// Streams our events to a client that asked for them; the head says what JSON would have said.
asio::awaitable<Result<void>> stream(Services const& services, Begun const& begun,
                                     http::Request& request, http::ResponseWriter& writer,
                                     http::Headers headers) {
    constexpr auto max = std::uint64_t{std::numeric_limits<std::int64_t>::max()};
    std::uint64_t after = 0;
    if (request.headers.has("Last-Event-ID")) {
        auto const given =
            read_number(request.headers.get("Last-Event-ID"), "Last-Event-ID", max);
        if (!given) co_return std::unexpected(given.error());
        after = *given;
    }
    Continuation const rest{begun.generation, begun.conversation.session_id,
                            begun.conversation.keep};
    headers.set("X-Continue", rest.text());
    headers.set("Access-Control-Expose-Headers", "X-Session-Id, X-Continue");
    auto const& owner = begun.conversation.owner;
    auto reader =
        co_await services.api->turns.follow(owner.principal, begun.generation, after);
    if (!reader) co_return std::unexpected(reader.error());
    WithHeaders with_headers(writer, std::move(headers));
    Call call{*services.api, services.api->settings(), request, with_headers, owner, nullptr};
    co_return co_await stream_events(call, std::move(*reader), {});
}

asio::awaitable<Result<void>> answer_asked(Services const& services, Settings const& settings,
                                           DialectCaller caller, Asked asked,
                                           http::Request& request, http::ResponseWriter& writer) {
    if (asked.role_action) {
        auto action = std::move(*asked.role_action);
        auto reply = co_await act_on_role(services, std::move(caller), std::move(action));
        if (!reply) co_return std::unexpected(reply.error());
        auto const headers = cors_headers(asked.dialect, Outcome::success);
        co_return co_await answer(writer, std::move(*reply), headers);
    }
    auto const deadline = std::chrono::steady_clock::now() + settings.answer_within;
    bool const reads_along = wants_events(request);
    // A function answers when what runs in it has ended: an answer that may be 202, with the turn
    // still going on, is given by one that does not run the turn.
    auto const place = reads_along ? chat::RunPlace::here : chat::RunPlace::anywhere;
    auto begun = co_await begin(services, settings, std::move(caller), asked, place);
    if (!begun) co_return std::unexpected(begun.error());
    auto headers = cors_headers(asked.dialect, Outcome::success);
    tell_session(begun->conversation, asked.dialect, request, headers);
    if (reads_along) {
        auto streamed = co_await stream(services, *begun, request, writer, std::move(headers));
        co_await see_remembered(services, *begun);
        if (streamed) co_await forget(services, *begun);
        co_return streamed;
    }
    auto reply = co_await wait_for_reply(services, *begun, asked, deadline);
    if (!reply) co_return std::unexpected(reply.error());
    if (reply->status != 202) co_await forget(services, *begun);
    if (reply->status >= 400) headers = cors_headers(asked.dialect, Outcome::failure);
    co_return co_await answer(writer, std::move(*reply), headers);
}

Result<Asked> read_post(Dialect dialect, Result<json::value> const& body,
                        http::Request const& request, Settings const& settings) {
    if (!body) return std::unexpected(body.error());
    auto asked = read_body(dialect, *body);
    if (!asked) return asked;
    if (auto ok = read_idempotency_key(request, *asked); !ok) return std::unexpected(ok.error());
    choose_session(*asked, settings, request);
    return asked;
}

void count(Services const& services, Result<void> const& done) {
    auto& traffic = services.api->metrics.traffic;
    auto const status = done ? 200 : to_problem(done.error()).status;
    auto& counter = status < 400   ? traffic.answered
                    : status < 500 ? traffic.refused
                                   : traffic.failed;
    counter.fetch_add(1, std::memory_order_relaxed);
}

/// Answers as `dialect` what `asked` says, or why not.
asio::awaitable<Result<void>> answer_dialect(SharedServices services,
                                             std::shared_ptr<Settings const> settings,
                                             Dialect dialect, Result<Asked> asked,
                                             http::Request& request,
                                             http::ResponseWriter& writer) {
    Result<void> done;
    auto caller = co_await find_caller(*services, *settings, dialect, request);
    if (!caller) {
        done = std::unexpected(caller.error());
    } else if (!asked) {
        done = std::unexpected(asked.error());
    } else {
        done = co_await answer_asked(*services, *settings, std::move(*caller), std::move(*asked),
                                     request, writer);
    }
    count(*services, done);
    if (done || writer.started()) co_return done;
    co_return co_await answer_error(*services, dialect, done.error(), request, writer);
}

asio::awaitable<Result<void>> answer_post(SharedServices services, Dialect dialect,
                                          http::Request& request, http::ResponseWriter& writer) {
    auto settings = services->settings();
    auto const body = parse_json(request.body);
    auto asked = read_post(dialect, body, request, *settings);
    co_return co_await answer_dialect(services, settings, dialect, std::move(asked), request,
                                      writer);
}

/// Whether the query string asks; HEAD asks no model.
bool is_question(Settings const& settings, http::Request const& request) {
    return settings.has(Dialect::lambda_url) && request.method != "HEAD" &&
           (request.parameter("input_text") || request.parameter("continue"));
}

/// S1's question of a query string.
asio::awaitable<Result<void>> answer_query(SharedServices services, http::Request& request,
                                           http::ResponseWriter& writer) {
    auto settings = services->settings();
    auto asked = read_query(request);
    if (asked)
        if (auto ok = read_idempotency_key(request, *asked); !ok)
            asked = std::unexpected(ok.error());
    if (asked) choose_session(*asked, *settings, request);
    co_return co_await answer_dialect(services, settings, Dialect::lambda_url, std::move(asked),
                                      request, writer);
}

asio::awaitable<Result<void>> answer_root(SharedServices services, http::Request& request,
                                          http::ResponseWriter& writer) {
    auto const settings = services->settings();
    // As for S1's function: where there is a query string, it is the question.
    if (is_question(*settings, request)) co_return co_await answer_query(services, request, writer);
    auto const body = parse_json(request.body);
    auto const dialect = dialect_of_root(body ? &*body : nullptr, *settings);
    auto asked = read_post(dialect, body, request, *settings);
    co_return co_await answer_dialect(services, settings, dialect, std::move(asked), request,
                                      writer);
}

asio::awaitable<Result<void>> answer_get(SharedServices services, http::Router const& router,
                                         http::Request& request, http::ResponseWriter& writer) {
    if (!is_question(*services->settings(), request)) {
        if (!router.fallback()) co_return fail(Errc::not_found, "nothing is here");
        co_return co_await router.fallback()(request, writer);
    }
    co_return co_await answer_query(std::move(services), request, writer);
}

/// Before the body is read; `answer_dialect()` asks again behind it.
asio::awaitable<Result<void>> admit_post(SharedServices services, Dialect dialect,
                                         http::Request& request) {
    auto const settings = services->settings();
    auto const admitted = co_await admit_caller(*services, *settings, dialect, request);
    if (!admitted) count(*services, admitted);
    co_return admitted;
}

/// Which of the two at `/` is asked is in the body, where no query string asks: whoever may ask one
/// of them comes in.
asio::awaitable<Result<void>> admit_root(SharedServices services, http::Request& request) {
    auto const settings = services->settings();
    if (is_question(*settings, request))
        co_return co_await admit_post(std::move(services), Dialect::lambda_url, request);
    auto const dialect = dialect_of_root(nullptr, *settings);
    auto admitted = co_await admit_caller(*services, *settings, dialect, request);
    bool const has_other = dialect == Dialect::private_rag && settings->has(Dialect::lambda_url);
    if (!admitted && has_other) {
        auto const other =
            co_await admit_caller(*services, *settings, Dialect::lambda_url, request);
        if (other) co_return other;
    }
    if (!admitted) count(*services, admitted);
    co_return admitted;
}

asio::awaitable<Result<void>> answer_preflight(Dialect dialect, http::Request& request,
                                               http::ResponseWriter& writer) {
    http::ResponseHead head{200, preflight_headers(dialect, request)};
    co_return co_await writer.respond(std::move(head), std::string());
}

/// The dialect whose client waits for the answer to a request that never reached its route.
std::optional<Dialect> dialect_of(Settings const& settings, http::Request const& request) {
    auto const path = dialect_path(request.path, settings.stage);
    if (!path) return std::nullopt;
    auto const only = [&](Dialect dialect) {
        return settings.has(dialect) ? std::optional(dialect) : std::nullopt;
    };
    if (*path == "/chat") return only(Dialect::simplechat);
    if (*path == "/main") return only(Dialect::gptgram);
    if (is_question(settings, request)) return Dialect::lambda_url;
    if (request.method != "POST") return std::nullopt;
    auto const dialect = dialect_of_root(nullptr, settings);
    return only(dialect);
}

void add_post(http::Router& router, std::string path, Dialect preflight, http::Admission admit,
              http::Handler handler) {
    router.add({.method = "POST",
                .pattern = path,
                .handler = std::move(handler),
                .body = http::BodyMode::buffered,
                .max_body_bytes = max_turn_body_bytes,
                .admit = std::move(admit)});
    auto allow = [preflight](http::Request& request, http::ResponseWriter& writer) {
        return answer_preflight(preflight, request, writer);
    };
    router.add({.method = "OPTIONS", .pattern = std::move(path), .handler = std::move(allow)});
}

void add_root(http::Router& router, SharedServices const& services, Settings const& settings) {
    auto const preflight =
        settings.has(Dialect::lambda_url) ? Dialect::lambda_url : Dialect::private_rag;
    auto admit = [services](http::Request& request) { return admit_root(services, request); };
    add_post(router, std::string(root_path), preflight, std::move(admit),
             [services](http::Request& request, http::ResponseWriter& writer) {
                 return answer_root(services, request, writer);
             });
    auto get = [services, &router](http::Request& request, http::ResponseWriter& writer) {
        return answer_get(services, router, request, writer);
    };
    router.add({.method = "GET", .pattern = std::string(root_path), .handler = std::move(get)});
}

void set_error_handler(http::Router& router, SharedServices const& services) {
    router.set_error_handler([services, others = problem_answers(services->api->log)](
                                 Error error, http::Request const& request,
                                 http::ResponseWriter& writer) {
        auto const dialect = dialect_of(*services->settings(), request);
        return dialect ? answer_error(*services, *dialect, std::move(error), request, writer)
                       : others(std::move(error), request, writer);
    });
}

}  // namespace

std::optional<std::string> dialect_path(std::string_view path, std::string_view stage) {
    std::vector<std::string_view> segments;
    while (!path.empty()) {
        auto const end = std::min(path.find('/'), path.size());
        if (end > 0) segments.push_back(path.substr(0, end));
        path.remove_prefix(std::min(end + 1, path.size()));
        if (segments.size() > 2) return std::nullopt;
    }
    std::span<std::string_view const> rest(segments);
    if (!rest.empty() && !stage.empty() && http::same_word(rest.front(), stage)) rest = rest.subspan(1);
    if (rest.size() > 1) return std::nullopt;
    auto folded = "/" + std::string(rest.empty() ? "" : rest.front());
    if (std::ranges::find(paths, folded) == paths.end()) return std::nullopt;
    return folded;
}

void add_routes(http::Router& router, Services given) {
    auto const services = std::make_shared<Services const>(std::move(given));
    auto const settings = services->settings();
    bool const at_root = settings->has(Dialect::lambda_url) || settings->has(Dialect::private_rag);
    auto const add = [&](std::string path, Dialect dialect) {
        if (!settings->has(dialect)) return;
        auto admit = [services, dialect](http::Request& request) {
            return admit_post(services, dialect, request);
        };
        add_post(router, std::move(path), dialect, std::move(admit),
                 [services, dialect](http::Request& request, http::ResponseWriter& writer) {
                     return answer_post(services, dialect, request, writer);
                 });
    };
    if (at_root) add_root(router, services, *settings);
    add("/chat", Dialect::simplechat);
    add("/main", Dialect::gptgram);
    if (std::ranges::none_of(all_dialects, [&](Dialect dialect) { return settings->has(dialect); }))
        return;
    router.set_alias([services](std::string_view path) {
        return dialect_path(path, services->settings()->stage);
    });
    set_error_handler(router, services);
}

}  // namespace kaiwa::api::compat
