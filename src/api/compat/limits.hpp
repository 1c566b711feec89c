#pragma once

#include "api/compat/settings.hpp"
#include "base/clock.hpp"

#include <boost/asio/ip/address.hpp>

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace kaiwa::api::compat {

/// Counts what callers that prove nothing ask, by address: each has a bucket that fills again
/// within a minute. Remembers the addresses that asked last, a bounded number. Thread-safe.
class AnonymousQuota {
public:
    static constexpr std::size_t max_addresses = 10'000;

    explicit AnonymousQuota(Clock const& clock) : clock_(clock) {}

    /// Takes one request of `address`; false when its minute is used up.
    [[nodiscard]] bool take(boost::asio::ip::address const& address, std::size_t per_minute);

    /// Whether `take()` would give one now.
    [[nodiscard]] bool has_one(boost::asio::ip::address const& address, std::size_t per_minute);

    /// A place for one more turn, held until the last copy of it is gone; null when `most` are
    /// held.
    [[nodiscard]] std::shared_ptr<void> reserve(std::size_t most);

private:
    struct Bucket {
        std::string key;
        double left = 0;
        Timestamp at;
    };
    std::list<Bucket>::iterator touch(std::string key, double full);
    /// As full as it is by now; with the mutex held.
    Bucket& fill(boost::asio::ip::address const& address, std::size_t per_minute);

    Clock const& clock_;
    std::shared_ptr<std::atomic<std::size_t>> held_ = std::make_shared<std::atomic<std::size_t>>(0);
    std::mutex mutex_;
    std::list<Bucket> recent_;
    std::unordered_map<std::string, std::list<Bucket>::iterator> by_key_;
};

}  // namespace kaiwa::api::compat
