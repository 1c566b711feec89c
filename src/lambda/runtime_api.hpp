#pragma once

#include "base/wait.hpp"
#include "http/message.hpp"
#include "kaiwa/error.hpp"

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace kaiwa::lambda {

/// One event, and until when it must be answered.
struct Invocation {
    std::string id;  ///< AWS's request id, as CloudWatch shows it.
    SteadyTime deadline;
    std::string function_arn;  ///< With the alias or version that was called.
    std::string trace_id;      ///< X-Ray's; may be empty.
    std::string payload;
};

/// Why an invocation, or the start, failed, as AWS shows it.
struct InvocationError {
    std::string type;     ///< "Category.Reason", such as "Kaiwa.InvalidEvent".
    std::string message;  ///< Never a prompt, key or token.
};

/// The body of a streamed answer while it is sent.
class ResponseStream {
public:
    virtual ~ResponseStream() = default;
    /// Sends the pieces as one chunk; they stay valid until it returns.
    virtual asio::awaitable<Result<void>> write(std::span<asio::const_buffer const> pieces) = 0;
    /// Ends the body, and waits until AWS took it.
    virtual asio::awaitable<Result<void>> finish() = 0;
    /// Ends the body with the error in its trailers: what was sent is known not to be whole.
    virtual asio::awaitable<Result<void>> fail(InvocationError error) = 0;
};

/// Lambda's Runtime API, version 2018-06-01 (AWS Lambda Developer Guide, "Using the Lambda runtime
/// API for custom runtimes"). One call at a time.
///
/// Failures: `unavailable` when the API cannot be reached or breaks off, `conflict` when it answers
/// with an error, `too_large` when it refuses an answer's size, `cancelled`.
class RuntimeApi {
public:
    /// `address` is what AWS_LAMBDA_RUNTIME_API says: "127.0.0.1:9001", or an http:// URL with a
    /// path, as emulators have it. Fails with `invalid_argument`.
    static Result<std::unique_ptr<RuntimeApi>> make(std::string_view address);
    ~RuntimeApi();

    /// Waits for the next event, for as long as it takes: between two the process is frozen.
    asio::awaitable<Result<Invocation>> next();
    asio::awaitable<Result<void>> respond(Invocation const& invocation, std::string json);
    asio::awaitable<Result<void>> report(Invocation const& invocation, InvocationError error);
    asio::awaitable<Result<void>> report_init_error(InvocationError error);
    /// Begins a streamed answer of type `content_type`.
    asio::awaitable<Result<std::unique_ptr<ResponseStream>>> stream(Invocation const& invocation,
                                                                    std::string_view content_type);

private:
    struct Impl;
    explicit RuntimeApi(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
    std::shared_ptr<Impl> impl_;
};

}  // namespace kaiwa::lambda
