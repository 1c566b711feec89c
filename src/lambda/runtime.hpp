#pragma once

#include "base/log.hpp"
#include "base/spawn.hpp"
#include "base/wait.hpp"
#include "http/router.hpp"
#include "lambda/event.hpp"
#include "lambda/runtime_api.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace kaiwa::lambda {

/// The program as a function's invocations need it.
class Program {
public:
    virtual ~Program() = default;

    /// Makes the program with the first event, and brings up to date what a long-lived server
    /// refreshes by itself. `invocation` is the one about to run. A failure fails the invocation.
    virtual asio::awaitable<Result<void>> get_ready(Invocation const& invocation) = 0;
    /// Call after `get_ready()`.
    [[nodiscard]] virtual http::Router const& router() const = 0;
    /// Runs a stored turn to its end. Fails with `conflict` when somebody else runs or ran it.
    virtual asio::awaitable<Result<void>> run_generation(GenerationId id) = 0;
    /// Answers a direct invocation with JSON, by `deadline` with what there is.
    virtual asio::awaitable<Result<std::string>> answer_direct(json::object event,
                                                               SteadyTime deadline) = 0;
    /// Removes what is past its time, until `deadline` or nothing is left; tells how much it was.
    virtual asio::awaitable<Result<std::size_t>> clean(SteadyTime deadline) = 0;
    /// Waits until no turn runs here and all they wrote is durable.
    virtual asio::awaitable<void> settle() = 0;
    /// Ends the running turns as interrupted, with the text that they have.
    virtual asio::awaitable<void> interrupt_turns() = 0;
};

struct RuntimeOptions {
    enum class Answers { buffered, streamed } answers = Answers::buffered;
    std::vector<http::AddressRange> trusted_proxies;
    enum class RequestLog { on, off } request_log = RequestLog::on;
};

/// When an invocation must hurry, before its deadline.
struct Margins {
    std::chrono::milliseconds turns;    ///< So much earlier running turns are interrupted.
    std::chrono::milliseconds request;  ///< So much earlier the request itself is ended.

    /// For an invocation that has `total`: a tenth of it, 500 ms to 3 s, and half of that.
    static Margins of(std::chrono::milliseconds total);
};

/// The loop of a function: one event after the other, each answered, and everything that it
/// started ended and stored, before the next is asked for. Between two the process may be frozen.
class Runtime {
public:
    /// All outlive the runtime.
    Runtime(RuntimeApi& api, Program& program, RuntimeOptions options, Log& log);

    /// Serves until the Runtime API is gone, and says why.
    asio::awaitable<Error> run();

private:
    struct Work;
    asio::awaitable<void> serve(Invocation invocation);
    asio::awaitable<void> handle(std::shared_ptr<Work> work);
    asio::awaitable<Result<void>> answer_http(Work& work, HttpEvent event);
    asio::awaitable<Result<void>> answer_buffered(Work& work, HttpEvent event);
    asio::awaitable<Result<void>> answer_streamed(Work& work, http::Request request);
    asio::awaitable<Result<void>> route(http::Request& request, http::ResponseWriter& writer);
    void log_request(Work const& work, http::Request const& request, unsigned status);

    RuntimeApi& api_;
    Program& program_;
    RuntimeOptions options_;
    Log& log_;
};

}  // namespace kaiwa::lambda
