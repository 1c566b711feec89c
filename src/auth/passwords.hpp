#pragma once

#include "auth/password_hash.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"
#include "base/workers.hpp"
#include "kaiwa/error.hpp"

#include <functional>
#include <optional>
#include <string>

namespace kaiwa::auth {

/// Hashes and compares passwords, at most two at a time, on threads that yield to the loops.
/// Thread-safe.
class Passwords {
public:
    /// Sign-ins that may wait for a thread; over it `unavailable`.
    static constexpr std::size_t max_waiting = 2'048;

    explicit Passwords(Random& random);

    asio::awaitable<Result<std::string>> hash(Secret password);

    struct Comparison {
        PasswordMatch match = PasswordMatch::no;
        std::optional<std::string> new_hash;  ///< When `match` is `outdated`.
    };
    /// Asked when a thread is free, right before the work: a failure ends it unworked, so that what
    /// waits behind many wrong sign-ins costs nothing.
    using Admission = std::function<Result<void>()>;
    asio::awaitable<Result<Comparison>> compare(Secret password, std::string stored,
                                                Admission admission);

private:
    Random& random_;
    Workers workers_;
};

}  // namespace kaiwa::auth
