#include "lambda/self_invocation.hpp"

#include "http/target.hpp"

#include <fmt/format.h>

namespace kaiwa::lambda {
namespace {

using namespace std::chrono_literals;

/// Whoever asked waits for it.
constexpr http::Deadlines patience{.connect = 1s, .first_byte = 3s, .idle = 3s, .total = 5s};
constexpr std::size_t max_answer = 64 * 1024;

}  // namespace

asio::awaitable<Result<void>> SelfInvocation::run(GenerationId generation) {
    if (refused_ || function_.empty())
        co_return fail(Errc::forbidden, "this function may not invoke itself");
    aws::ServiceRequest request;
    request.target =
        fmt::format("/2015-03-31/functions/{}/invocations", http::percent_encode(function_));
    request.headers = {{"X-Amz-Invocation-Type", "Event"}, {"Content-Type", "application/json"}};
    request.body = fmt::format(R"({{"kaiwa":"run","generation":"{}"}})", generation.text());
    request.deadlines = patience;
    auto const reply = co_await client_.call(std::move(request), max_answer);
    if (reply) co_return Result<void>{};
    refused_ = reply.error().status == 403;
    co_return std::unexpected(aws::to_error(reply.error(), "Lambda"));
}

}  // namespace kaiwa::lambda
