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

/// Slows guessing of passwords. Counts failures only: by account, where the pause after each one
/// grows, and by network (/24 or /64), where a share refills with time. Remembers the 8,192
/// accounts and networks that failed last. Thread-safe.
class SignInThrottle {
public:
    static constexpr unsigned free_account_failures = 5;
    static constexpr std::chrono::seconds longest_account_pause{60};
    static constexpr std::chrono::minutes account_memory{15};
    static constexpr unsigned network_failures = 60;          ///< At once, and then
    static constexpr std::chrono::seconds network_refill{5};  ///< one more every so often.
    static constexpr std::size_t max_remembered = 8'192;      ///< Of each kind.

    explicit SignInThrottle(Clock const& clock) : clock_(clock) {}

    /// How long `account` from `address` has to wait; zero: go on.
    [[nodiscard]] std::chrono::milliseconds pause(std::string_view account,
                                                  boost::asio::ip::address const& address);
    void failed(std::string_view account, boost::asio::ip::address const& address);
    /// Forgets the failures of the account, not those of the network.
    void succeeded(std::string_view account);

private:
    struct Failures {
        std::string key;
        double count = 0;
        Timestamp last;
    };
    /// Failures by key, most recent first, bounded.
    class Memory {
    public:
        [[nodiscard]] Failures const* find(std::string const& key) const;
        Failures& touch(std::string const& key);
        void erase(std::string const& key);

    private:
        std::list<Failures> recent_;
        std::unordered_map<std::string_view, std::list<Failures>::iterator> by_key_;
    };

    [[nodiscard]] double decayed_network(Failures const& failures) const;

    Clock const& clock_;
    std::mutex mutex_;
    Memory accounts_;
    Memory networks_;
};

}  // namespace kaiwa::auth
