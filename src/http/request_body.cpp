#include "http/request_body.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kaiwa::http {

namespace {

constexpr std::size_t read_size = 64 * 1024;
constexpr std::size_t small_read_size = 8 * 1024;

}  // namespace

asio::awaitable<Result<std::string>> RequestBody::next() {
    auto const piece = co_await next_piece();
    if (!piece) co_return std::unexpected(piece.error());
    co_return std::string(*piece);
}

asio::awaitable<Result<void>> RequestBody::read_into(std::string& body) {
    // What a client announces is not yet sent: memory grows with what arrives.
    whole_since_ = std::chrono::steady_clock::now();
    body.reserve(
        static_cast<std::size_t>(std::min<std::uint64_t>(framing_.remaining(), read_size)));
    for (;;) {
        auto const piece = co_await next_piece();
        if (!piece) co_return std::unexpected(piece.error());
        if (piece->empty()) co_return Result<void>{};
        if (!connection_.loop().bodies.take(piece->size()))
            co_return broken(
                {Errc::unavailable, "the server holds too many requests just now; try again", {}});
        held_ += piece->size();
        body += *piece;
    }
}

asio::awaitable<Result<void>> RequestBody::drop() {
    whole_since_ = std::chrono::steady_clock::now();
    for (;;) {
        auto const piece = co_await next_piece();
        if (!piece) co_return std::unexpected(piece.error());
        if (piece->empty()) co_return Result<void>{};
    }
}

/// The next piece inside the connection's buffer, valid until the next call; empty at the end.
asio::awaitable<Result<std::string_view>> RequestBody::next_piece() {
    if (broken_) co_return fail(Errc::cancelled, "the body broke off");
    for (;;) {
        auto& input = connection_.input();
        auto const step = framing_.next(input.view());
        if (!step) co_return broken(step.error());
        input.consume(step->consumed);
        received_ += step->data.size();
        // What is announced counts as well: it is refused before it is sent.
        if (received_ > max_bytes_ || framing_.remaining() > max_bytes_ - received_) {
            co_return broken(
                {Errc::too_large, fmt::format("the body is larger than {} bytes", max_bytes_), {}});
        }
        if (!step->data.empty()) co_return step->data;
        if (framing_.done()) co_return std::string_view{};

        if (expects_ == Expects::go_ahead) {
            if (answer_.started()) {
                // In the middle of an answer there is no asking, and unasked it may never come.
                co_return broken(
                    {Errc::cancelled, "the body was not asked for before the answer", {}});
            }
            expects_ = Expects::nothing;
            Gather const go_ahead{"HTTP/1.1 100 Continue\r\n\r\n", {}, {}};
            auto const sent = co_await connection_.send_rest(go_ahead, 0);
            if (!sent) co_return broken(sent.error());
        }
        auto const size = framing_.remaining() > small_read_size ? read_size : small_read_size;
        auto const more = co_await connection_.fill(size, deadline());
        if (!more) co_return broken(more.error());
        if (!*more) co_return broken({Errc::cancelled, "the client is gone", {}});
    }
}

/// When the next bytes must be there. A route that reads piece by piece sets the pace itself.
SteadyTime RequestBody::deadline() const {
    auto const& limits = connection_.loop().options.limits;
    auto const gap = std::chrono::steady_clock::now() + limits.body_gap;
    if (!whole_since_) return gap;
    std::chrono::seconds const paid(received_ / limits.min_body_bytes_per_second);
    return std::min(gap, *whole_since_ + limits.body_gap + paid);
}

std::unexpected<Error> RequestBody::broken(Error error) {
    broken_ = true;
    return std::unexpected(std::move(error));
}

}  // namespace kaiwa::http
