#pragma once

#include "api/call.hpp"
#include "base/wait.hpp"

#include <chrono>

namespace kaiwa::api {

/// Checks again and again that whoever opened a connection that stays open is still let in, so that
/// it is dead within a second of a sign-out, a revoked key or a disabled user.
///
/// The connection wakes at `due()` whether or not it has anything to send. That is cheap: checks of
/// one credential are answered from the authenticator's cache for its lifetime and cost one read of
/// the store then, however many connections the person has; a revocation empties the cache.
class CallerWatch {
public:
    static constexpr std::chrono::milliseconds interval{500};

    explicit CallerWatch(Call const& call)
        : services_(call.services), credential_(call.caller->credential), due_(next()) {}

    [[nodiscard]] SteadyTime due() const { return due_; }

    /// Does nothing before `due()`. Fails with `unauthenticated`. A store that does not answer takes
    /// nobody's access away: no revocation can reach it either.
    asio::awaitable<Result<void>> check();
    /// The same, whether it is due or not.
    asio::awaitable<Result<void>> check_now();

private:
    static SteadyTime next() { return std::chrono::steady_clock::now() + interval; }

    Services const& services_;
    auth::Credential credential_;
    SteadyTime due_;
};

}  // namespace kaiwa::api
