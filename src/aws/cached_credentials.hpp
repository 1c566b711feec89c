#pragma once

#include "aws/credentials.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/wait.hpp"

#include <functional>
#include <mutex>

namespace kaiwa::aws {

/// Keeps what a source gives and asks it again ahead of expiry, one question at a time.
///
/// From 15 minutes before the end on (for short-lived credentials: from half their life on) the
/// next caller asks while all others go on with what there is; in the last 10 minutes (of a
/// life of a minute at most: in its last quarter, yet never within 5 s) all wait for the answer. What is still good is used when the source fails, and the source is asked again
/// after a while. Credentials that come almost or wholly expired, as an instance gives them when
/// the control plane is down, are used too, for that is what the service may still accept; a warning
/// says so once.
class CachedCredentials final : public CredentialProvider {
public:
    using Load = std::function<asio::awaitable<Outcome<Credentials>>()>;

    CachedCredentials(Load load, Clock const& clock, Random& random, Log& log)
        : load_(std::move(load)), clock_(clock), random_(random), log_(log) {}

    asio::awaitable<Outcome<Credentials>> credentials() override;
    void invalidate() override;

private:
    class Flight;
    struct Kept {
        Credentials credentials;
        Timestamp loaded_at;
        Timestamp refresh_at = Timestamp::max();
        Timestamp wait_from = Timestamp::max();  // from here all wait for new ones
    };
    [[nodiscard]] Kept keep(Credentials credentials, Timestamp now);
    asio::awaitable<Outcome<Credentials>> refresh();
    void warn_if_expired(Credentials const& credentials, Timestamp now);

    Load load_;
    Clock const& clock_;
    Random& random_;
    Log& log_;

    std::mutex mutex_;
    Notifier loaded_;
    std::optional<Kept> kept_;
    bool refused_ = false;  // by the service
    bool loading_ = false;
    std::uint64_t loads_ = 0;
    std::optional<Failure> last_failure_;
    std::optional<Timestamp> warned_of_;  // the end of expired ones
};

}  // namespace kaiwa::aws
