#pragma once

#include "api/compat/settings.hpp"
#include "base/clock.hpp"

#include <boost/asio/ip/address.hpp>

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace kaiwa::api::compat {

/// Counts what callers that prove nothing ask, by address: each has a bucket that fills again within
/// a minute. Remembers the addresses that asked last, a bounded number. Thread-safe.
class AnonymousQuota {
public:
    static constexpr std::size_t max_addresses = 10'000;

    explicit AnonymousQuota(Clock const& clock) : clock_(clock) {}

    /// Takes one request of `address`; false when its minute is used up.
    [[nodiscard]] bool take(boost::asio::ip::address const& address, std::size_t per_minute);

    /// One turn that is about to begin; it counts until it runs.
    class Place {
    public:
        explicit Place(std::atomic<std::size_t>& count) : count_(&count) {}
        Place(Place&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
        Place& operator=(Place&&) = delete;
        ~Place() {
            if (count_) --*count_;
        }

    private:
        std::atomic<std::size_t>* count_;
    };
    /// A place beside `running` turns and those about to begin; nothing when there are `most`.
    [[nodiscard]] std::optional<Place> reserve(std::size_t running, std::size_t most);

private:
    struct Bucket {
        std::string key;
        double left = 0;
        Timestamp at;
    };
    std::list<Bucket>::iterator touch(std::string key, double full);

    Clock const& clock_;
    std::atomic<std::size_t> beginning_ = 0;
    std::mutex mutex_;
    std::list<Bucket> recent_;
    std::unordered_map<std::string, std::list<Bucket>::iterator> by_key_;
};

}  // namespace kaiwa::api::compat
