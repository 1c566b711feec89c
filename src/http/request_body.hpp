#pragma once

#include "http/connection.hpp"

#include <optional>

namespace kaiwa::http {

/// Reads the body of one request from its connection, and asks for it first when the client waits
/// for that (Expect: 100-continue).
class RequestBody final : public BodyReader {
public:
    enum class Expects { nothing, go_ahead };

    /// `answer` tells whether the client may still be asked.
    RequestBody(Connection& connection, ResponseWriter const& answer, BodyFraming framing,
                Expects expects)
        : connection_(connection), answer_(answer), framing_(framing), expects_(expects) {}
    ~RequestBody() override { connection_.loop().bodies.give_back(held_); }
    RequestBody(RequestBody const&) = delete;
    RequestBody& operator=(RequestBody const&) = delete;

    /// Bytes over this are refused with `too_large`.
    void set_limit(std::uint64_t max_bytes) { max_bytes_ = max_bytes; }

    asio::awaitable<Result<std::string>> next() override;
    /// Appends all of it to `body`. Fails with `unavailable` when all bodies together are too much.
    /// What it read counts for as long as this lives.
    asio::awaitable<Result<void>> read_into(std::string& body);
    /// Reads and forgets it.
    asio::awaitable<Result<void>> drop();

    [[nodiscard]] bool done() const { return framing_.done(); }
    /// The client was never asked to send it, and may not.
    [[nodiscard]] bool is_awaited() const {
        return expects_ == Expects::go_ahead && !framing_.done();
    }
    /// Where the next request begins can not be known.
    [[nodiscard]] bool is_broken() const { return broken_; }

private:
    asio::awaitable<Result<std::string_view>> next_piece();
    [[nodiscard]] SteadyTime deadline() const;
    std::unexpected<Error> broken(Error error);

    Connection& connection_;
    ResponseWriter const& answer_;
    BodyFraming framing_;
    Expects expects_;
    std::uint64_t max_bytes_ = 0;
    std::uint64_t received_ = 0;
    std::optional<SteadyTime> whole_since_;  // when reading it whole began
    std::size_t held_ = 0;                   // taken off the budget
    bool broken_ = false;
};

}  // namespace kaiwa::http
