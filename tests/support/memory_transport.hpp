#pragma once

#include "base/wait.hpp"
#include "http/transport.hpp"

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kaiwa::test {

/// What a server answers over a `MemoryTransport`.
struct MemoryAnswer {
    unsigned status = 200;
    http::Headers headers;
    std::vector<std::string> pieces;  ///< One read each.
    std::optional<Error> broken;      ///< How the body ends, when not as a whole body does.
    bool stays_open = false;          ///< The body never ends: the read waits until it is stopped.
    std::chrono::milliseconds comment_every{
        0};  ///< With `stays_open`: ":\n" as often, for a minute.
};

class MemoryResponse final : public http::InboundResponse {
public:
    explicit MemoryResponse(MemoryAnswer answer) : answer_(std::move(answer)) {}
    [[nodiscard]] unsigned status() const override { return answer_.status; }
    [[nodiscard]] http::Headers const& headers() const override { return answer_.headers; }

    asio::awaitable<Result<std::string_view>> read_some() override {
        if (next_ < answer_.pieces.size()) {
            // Each read has memory of its own, so that whoever keeps an old view is found out.
            current_ = std::make_unique<std::string>(std::move(answer_.pieces[next_++]));
            co_return std::string_view(*current_);
        }
        current_.reset();
        bool const chatters = answer_.stays_open && answer_.comment_every.count() > 0 &&
                              std::chrono::steady_clock::now() - begun_ < std::chrono::minutes(1);
        if (chatters) {
            if (!co_await sleep_for(answer_.comment_every))
                co_return fail(Errc::cancelled, "stopped");
            co_return std::string_view(":\n");
        }
        if (answer_.stays_open) {
            co_await sleep_for(std::chrono::hours(1));
            co_return fail(Errc::cancelled, "stopped");
        }
        if (answer_.broken) co_return std::unexpected(*answer_.broken);
        co_return std::string_view();
    }

private:
    MemoryAnswer answer_;
    std::size_t next_ = 0;
    SteadyTime const begun_ = std::chrono::steady_clock::now();
    std::unique_ptr<std::string> current_;
};

/// A transport without a network: answers what it was given, in order, and keeps what was asked.
class MemoryTransport final : public http::Transport {
public:
    std::deque<Result<MemoryAnswer>> answers;
    std::vector<http::OutboundRequest> requests;

    void answer(unsigned status, std::string body) {
        MemoryAnswer given;
        given.status = status;
        if (!body.empty()) given.pieces.push_back(std::move(body));
        answers.emplace_back(std::move(given));
    }

    asio::awaitable<Result<std::unique_ptr<http::InboundResponse>>> send(
        http::OutboundRequest request) override {
        requests.push_back(std::move(request));
        if (answers.empty()) co_return fail(Errc::unavailable, "nothing listens there", "connect");
        auto given = std::move(answers.front());
        answers.pop_front();
        if (!given) co_return std::unexpected(given.error());
        co_return std::make_unique<MemoryResponse>(std::move(*given));
    }
};

}  // namespace kaiwa::test
