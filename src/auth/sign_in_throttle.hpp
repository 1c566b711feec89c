#pragma once

#include "base/clock.hpp"

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace kaiwa::auth {

/// Slows guessing of passwords. Counts failures only: by account from one network (/24 or /64),
/// where the pause after each one grows; by network and by account from everywhere, where a share
/// refills with time. Who knows an account's name cannot lock its owner out: a network from which
/// the account signed in before does not wait for what others did to it. A clock that is set back
/// makes a pause begin again, never longer. Remembers the 8,192 of each kind that it met last.
/// Thread-safe.
class SignInThrottle {
public:
    /// Of one account from one network:
    static constexpr unsigned free_account_failures = 5;
    static constexpr std::chrono::seconds longest_account_pause{60};
    static constexpr std::chrono::minutes account_memory{15};
    /// Of one account from everywhere:
    static constexpr unsigned account_failures = 100;          ///< At once, and then
    static constexpr std::chrono::seconds account_refill{30};  ///< one more every so often.
    /// Of one network:
    static constexpr unsigned network_failures = 60;          ///< At once, and then
    static constexpr std::chrono::seconds network_refill{5};  ///< one more every so often.
    static constexpr std::size_t max_remembered = 8'192;      ///< Of each kind.

    explicit SignInThrottle(Clock const& clock) : clock_(clock) {}

    /// How long `account` from `address` has to wait; zero: go on.
    [[nodiscard]] std::chrono::milliseconds pause(std::string_view account,
                                                  boost::asio::ip::address const& address);
    void failed(std::string_view account, boost::asio::ip::address const& address);
    /// Forgets the failures of the account from there, and remembers that it is at home there.
    void succeeded(std::string_view account, boost::asio::ip::address const& address);

private:
    struct Failures {
        std::string key;
        double count = 0;
        Timestamp last;
    };
    /// Failures by key, most recent first, bounded.
    class Memory {
    public:
        /// What failed later than `now` failed at `now`: the clock was set back.
        [[nodiscard]] Failures const* find(std::string const& key, Timestamp now);
        Failures& touch(std::string const& key);
        void erase(std::string const& key);

    private:
        std::list<Failures> recent_;
        std::unordered_map<std::string_view, std::list<Failures>::iterator> by_key_;
    };

    /// A number of failures that may come at once, one of which is forgiven every `refill`.
    struct Share {
        unsigned most;
        std::chrono::milliseconds refill;
    };
    static constexpr Share of_network{network_failures, network_refill};
    static constexpr Share of_account{account_failures, account_refill};

    [[nodiscard]] double left_of(Failures const& failures, Share share) const;
    [[nodiscard]] std::chrono::milliseconds wait_for(Failures const* failures, Share share) const;
    [[nodiscard]] std::chrono::milliseconds growing_pause(Failures const* failures) const;
    void count(Failures& failures, Share share) const;

    Clock const& clock_;
    std::mutex mutex_;
    Memory pairs_;     // an account from a network
    Memory accounts_;  // from everywhere
    Memory networks_;
    Memory homes_;  // pairs that signed in
};

}  // namespace kaiwa::auth
