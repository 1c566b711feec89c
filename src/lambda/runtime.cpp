#include "lambda/runtime.hpp"

#include "lambda/answers.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace kaiwa::lambda {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr std::size_t body_piece = 64 * 1024;

/// The body of an event, for routes that read theirs piece by piece.
class EventBody final : public http::BodyReader {
public:
    EventBody(std::string body, std::size_t max_bytes)
        : body_(std::move(body)), max_bytes_(max_bytes) {}

    asio::awaitable<Result<std::string>> next() override {
        if (body_.size() > max_bytes_)
            co_return fail(Errc::too_large,
                           fmt::format("the body is larger than {} bytes", max_bytes_));
        auto piece = body_.substr(at_, body_piece);
        at_ += piece.size();
        co_return piece;
    }

private:
    std::string body_;
    std::size_t max_bytes_;
    std::size_t at_ = 0;
};

std::string_view type_of(Errc code) {
    switch (code) {
        case Errc::invalid_argument: return "Kaiwa.InvalidEvent";
        case Errc::unauthenticated:
        case Errc::forbidden: return "Kaiwa.NotAllowed";
        case Errc::not_found: return "Kaiwa.NotFound";
        case Errc::unsupported: return "Kaiwa.Unsupported";
        case Errc::too_large: return "Kaiwa.TooLarge";
        case Errc::rate_limited: return "Kaiwa.TooManyRequests";
        case Errc::timed_out: return "Kaiwa.TimedOut";
        case Errc::cancelled:
        case Errc::unavailable: return "Kaiwa.Unavailable";
        case Errc::conflict:
        case Errc::gone: return "Kaiwa.Conflict";
        case Errc::internal: break;
    }
    return "Kaiwa.Internal";
}

InvocationError shown(Error const& error) {
    // What a bug says is for the log.
    auto message = error.code == Errc::internal ? "something went wrong; the log says what"
                                                : error.message;
    return {std::string(type_of(error.code)), std::move(message)};
}

bool is_event_stream(http::ResponseHead const& head) {
    return head.headers.get("Content-Type").starts_with("text/event-stream");
}

}  // namespace

Margins Margins::of(std::chrono::milliseconds total) {
    auto const turns = std::clamp<std::chrono::milliseconds>(total / 10, 500ms, 3s);
    return {turns, turns / 2};
}

/// One invocation while it is worked on. Touched on the runtime's loop only.
struct Runtime::Work {
    Work(asio::any_io_executor loop, Invocation i)
        : invocation(std::move(i)),
          begun(steady_clock::now()),
          margins(Margins::of(std::chrono::duration_cast<std::chrono::milliseconds>(
              invocation.deadline - begun))),
          alarm(std::move(loop)) {}

    Invocation const invocation;
    SteadyTime const begun;
    Margins const margins;
    asio::cancellation_signal stop;
    asio::steady_timer alarm;
    bool done = false;
    bool answered = false;
    bool sending = false;  ///< The whole answer is on its way: not to be stopped any more.

    /// By when whoever asked is told what there is: between the end of the turns, which is told as
    /// well, and the request's own.
    [[nodiscard]] SteadyTime told_by() const {
        return invocation.deadline - (margins.turns + margins.request) / 2;
    }

    /// Waits until the work is done, or `time` came.
    asio::awaitable<void> wait_until(SteadyTime time) {
        while (!done && steady_clock::now() < time) {
            alarm.expires_at(time);
            co_await alarm.async_wait(asio::as_tuple(asio::use_awaitable));
        }
    }
};

Runtime::Runtime(RuntimeApi& api, Program& program, RuntimeOptions options, Log& log)
    : api_(api), program_(program), options_(std::move(options)), log_(log) {}

asio::awaitable<Error> Runtime::run() {
    for (;;) {
        auto invocation = co_await api_.next();
        if (!invocation) co_return invocation.error();
        co_await serve(std::move(*invocation));
    }
}

asio::awaitable<void> Runtime::serve(Invocation invocation) {
    auto const loop = co_await asio::this_coro::executor;
    auto const work = std::make_shared<Work>(loop, std::move(invocation));
    auto on_end = [this, work](std::exception_ptr escaped) {
        if (escaped) log_.error("bug", {{"request_id", work->invocation.id}});
        work->done = true;
        work->alarm.cancel();
    };
    spawn(loop, work->stop.slot(), handle(work), std::move(on_end));

    auto const deadline = work->invocation.deadline;
    co_await work->wait_until(deadline - work->margins.turns);
    if (!work->done) {
        log_.warning("deadline_near", {{"request_id", work->invocation.id}});
        auto on_interrupted = [this](std::exception_ptr escaped) {
            if (escaped) log_.error("bug", {{"task", "interrupt"}});
        };
        spawn(loop, {}, program_.interrupt_turns(), std::move(on_interrupted));
        co_await work->wait_until(deadline - work->margins.request);
    }
    if (!work->done && !work->sending) work->stop.emit(asio::cancellation_type::terminal);
    co_await work->wait_until(SteadyTime::max());
    if (work->answered) co_return;
    Error const unanswered{Errc::internal, "the invocation ended without an answer", {}};
    auto reported = co_await api_.report(work->invocation, shown(unanswered));
    if (!reported) log_.error("answer_not_taken", {{"request_id", work->invocation.id},
                                                   {"reason", reported.error().message}});
}

asio::awaitable<void> Runtime::handle(std::shared_ptr<Work> work) {
    auto const& invocation = work->invocation;
    auto event = read_event(invocation.payload, options_.trusted_proxies);
    auto done = event ? co_await program_.get_ready(invocation)
                      : Result<void>(std::unexpected(event.error()));
    if (done) {
        if (auto* http = std::get_if<HttpEvent>(&*event)) {
            work->answered = true;
            done = co_await answer_http(*work, std::move(*http));
            if (!done) log_.error("answer_not_taken", {{"request_id", invocation.id},
                                                       {"reason", done.error().message}});
            co_return;
        }
        std::string answer = "null";
        if (auto const* run = std::get_if<RunEvent>(&*event)) {
            done = co_await program_.run_generation(run->generation);
            // The event came twice, or came late: whoever has the turn answers for it.
            if (!done && done.error().code == Errc::conflict) {
                log_.info("turn_not_run", {{"request_id", invocation.id},
                                           {"generation", run->generation.text()},
                                           {"reason", done.error().message}});
                done = {};
            }
        } else if (std::holds_alternative<CleanEvent>(*event)) {
            auto const removed = co_await program_.clean(invocation.deadline - work->margins.turns);
            if (removed)
                answer = fmt::format(R"({{"removed":{}}})", *removed);
            else
                done = std::unexpected(removed.error());
        } else {
            auto payload = std::move(std::get<DirectEvent>(*event).payload);
            auto answered = co_await program_.answer_direct(std::move(payload), work->told_by());
            if (answered && answered->size() > max_answer_bytes(Shape::http_v2))
                answered = fail(Errc::too_large, "the answer is larger than 6 MB");
            if (answered) answer = std::move(*answered);
            else done = std::unexpected(answered.error());
        }
        co_await program_.settle();
        if (done) {
            work->answered = work->sending = true;
            auto taken = co_await api_.respond(invocation, std::move(answer));
            if (!taken) log_.error("answer_not_taken", {{"request_id", invocation.id},
                                                        {"reason", taken.error().message}});
            co_return;
        }
    }
    log_.error("invocation_failed",
               {{"request_id", invocation.id}, {"reason", done.error().message}});
    work->answered = work->sending = true;
    auto taken = co_await api_.report(invocation, shown(done.error()));
    if (!taken) log_.error("answer_not_taken", {{"request_id", invocation.id},
                                                {"reason", taken.error().message}});
}

asio::awaitable<Result<void>> Runtime::answer_http(Work& work, HttpEvent event) {
    bool const can_stream =
        event.front == Front::function_url || event.front == Front::rest_api;
    event.request.id = work.invocation.id;
    event.request.deadline = work.told_by();
    if (event.good && can_stream && options_.answers == RuntimeOptions::Answers::streamed)
        co_return co_await answer_streamed(work, std::move(event.request));
    co_return co_await answer_buffered(work, std::move(event));
}

asio::awaitable<Result<void>> Runtime::route(http::Request& request,
                                             http::ResponseWriter& writer) {
    auto const& router = program_.router();
    auto match = router.match(request.method, request.path);
    auto const mode = match.route ? match.route->body : http::BodyMode::none;
    auto const max_bytes = match.route ? match.route->max_body_bytes : 0;
    if (mode == http::BodyMode::buffered && request.body.size() > max_bytes) {
        Error large{Errc::too_large, fmt::format("the body is larger than {} bytes", max_bytes),
                    {}};
        http::Headers const none;
        co_return co_await router.refuse(std::move(large), 413, none, request, writer);
    }
    std::string streamed;
    if (mode == http::BodyMode::streamed) streamed = std::exchange(request.body, {});
    EventBody body(std::move(streamed), max_bytes);
    if (mode == http::BodyMode::streamed) request.body_reader = &body;
    auto answered = co_await router.answer(std::move(match), request, writer);
    if (!answered && answered.error().code == Errc::internal)
        log_.error("handler failed", {{"request_id", request.id},
                                      {"method", request.method},
                                      {"path", request.path},
                                      {"what", answered.error().message}});
    co_return answered;
}

asio::awaitable<Result<void>> Runtime::answer_buffered(Work& work, HttpEvent event) {
    auto const limit = max_answer_bytes(event.shape);
    auto const& router = program_.router();
    http::Headers const none;
    BufferedAnswer answer(limit);
    auto& request = event.request;
    Result<void> routed;
    if (event.good)
        routed = co_await route(request, answer);
    else
        routed = co_await router.refuse(event.good.error(), 400, none, request, answer);
    co_await program_.settle();

    auto const too_large = [&] {
        return Error{Errc::too_large,
                     fmt::format("the answer is larger than the {} bytes that a function may "
                                 "return at once; set lambda.response = \"stream\" with a function "
                                 "URL that streams, or ask for less",
                                 limit),
                     {}};
    };
    // Events that came so far are worth having: their reader goes on after the last.
    bool const usable = answer.whole() || (answer.started() && is_event_stream(answer.head()));
    if (!usable) {
        auto error = routed ? Error{Errc::internal, "the answer was left unfinished", {}}
                            : routed.error();
        if (error.code == Errc::too_large) error = too_large();
        answer.reset();
        auto const status = error.code == Errc::too_large ? 413u
                            : error.code == Errc::internal ? 500u
                                                           : 503u;
        co_await router.refuse(std::move(error), status, none, request, answer);
    }
    auto const body_of = [&] { return request.method == "HEAD" ? std::string_view() : answer.body(); };
    auto json = answer_json(event.shape, answer.head(), body_of());
    if (json.size() > limit) {
        answer.reset();
        co_await router.refuse(too_large(), 413, none, request, answer);
        json = answer_json(event.shape, answer.head(), body_of());
    }
    log_request(work, request, answer.head().status);
    work.sending = true;
    co_return co_await api_.respond(work.invocation, std::move(json));
}

asio::awaitable<Result<void>> Runtime::answer_streamed(Work& work, http::Request request) {
    StreamedAnswer answer(api_, work.invocation, request);
    auto const routed = co_await route(request, answer);
    if (routed && !answer.started()) {
        Error unfinished{Errc::internal, "the answer was left unfinished", {}};
        http::Headers const none;
        co_await program_.router().refuse(std::move(unfinished), 500, none, request, answer);
    }
    co_await program_.settle();
    log_request(work, request, answer.status());
    work.sending = true;
    if (answer.is_open()) co_return co_await answer.end();
    auto const why = routed ? Error{Errc::internal, "no answer was begun", {}} : routed.error();
    co_return co_await api_.report(work.invocation, shown(why));
}

void Runtime::log_request(Work const& work, http::Request const& request, unsigned status) {
    if (options_.request_log == RuntimeOptions::RequestLog::off) return;
    auto const took = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() -
                                                                            work.begun);
    log_.info("request", {{"request_id", request.id},
                          {"method", request.method},
                          {"path", request.path},
                          {"status", status},
                          {"ms", took.count()},
                          {"principal", request.notes.principal},
                          {"thread", request.notes.thread},
                          {"trace", work.invocation.trace_id}});
}

}  // namespace kaiwa::lambda
