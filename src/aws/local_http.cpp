#include "aws/local_http.hpp"

#include <fmt/format.h>

namespace kaiwa::aws {

namespace {
constexpr std::size_t max_answer_bytes = 64 * 1024;
}

asio::awaitable<Outcome<LocalAnswer>> call_local(http::Transport& transport,
                                                 http::OutboundRequest request,
                                                 std::chrono::milliseconds patience) {
    request.deadlines = {patience, patience, patience, patience};
    auto response = co_await transport.send(std::move(request));
    if (!response) co_return std::unexpected(from_error(response.error()));
    auto body = co_await (*response)->read_all(max_answer_bytes);
    if (!body) co_return std::unexpected(from_error(body.error()));
    co_return LocalAnswer{(*response)->status(), std::move(*body)};
}

Failure refusal_of(LocalAnswer const& answer, std::string_view who) {
    Failure failure;
    failure.status = answer.status;
    failure.message = fmt::format("{} answered {}", who, answer.status);
    return failure;
}

}  // namespace kaiwa::aws
