#pragma once

#include "auth/token_verifier.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/wait.hpp"
#include "http/transport.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace kaiwa::oidc {

/// The keys of issuers, fetched over the network: discovery, then the key set. One fetch an issuer
/// at a time; whoever has no use for older keys waits for it meanwhile. Thread-safe.
///
/// Keys are fetched again after an hour, and for a key that is missing at most twice a minute,
/// whatever is sent. While an issuer does not answer, what was fetched stays good for a day, and
/// nobody but the one who asks again waits for it, and not for long.
/// Issuers are those of the configuration, never of a token, so there are few.
class IssuerKeys final : public auth::KeySource {
public:
    static constexpr std::chrono::hours refresh_after{1};
    static constexpr std::chrono::hours forget_after{24};
    static constexpr std::chrono::seconds pause{30};  ///< Between two fetches for missing keys.
    static constexpr std::chrono::seconds pause_after_failure{5};
    static constexpr std::chrono::seconds patience{20};  ///< With somebody else's fetch.
    /// With each of the two questions while good keys are at hand.
    static constexpr std::chrono::milliseconds refresh_patience{1'500};

    IssuerKeys(http::Transport& transport, Clock const& clock, Log& log)
        : transport_(transport), clock_(clock), log_(log) {}

    asio::awaitable<Result<std::shared_ptr<auth::KeySet const>>> keys(std::string issuer,
                                                                      Freshness freshness) override;

private:
    using Keys = std::shared_ptr<auth::KeySet const>;
    struct Issuer {
        Keys keys;
        Timestamp fetched_at;
        Timestamp tried_at;
        bool fetching = false;
        std::optional<Error> failure;  ///< Of the last try.
        Notifier done;
    };
    class Fetching;

    std::shared_ptr<Issuer> issuer(std::string const& name);
    [[nodiscard]] bool is_good(Issuer const& issuer, Freshness freshness) const;
    asio::awaitable<Result<Keys>> fetch_keys(std::string issuer, std::chrono::milliseconds patient);

    http::Transport& transport_;
    Clock const& clock_;
    Log& log_;
    std::mutex mutex_;  // guards what follows, and what the issuers hold
    std::map<std::string, std::shared_ptr<Issuer>> issuers_;
};

}  // namespace kaiwa::oidc
