#include "api/compat/limits.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>

#include <algorithm>

namespace kaiwa::api::compat {
namespace {

namespace ip = boost::asio::ip;

std::string bytes_of(auto const& bytes, std::size_t count) {
    return {reinterpret_cast<char const*>(bytes.data()), count};
}

/// An IPv4 address, or the network that one IPv6 customer has (RFC 6177).
std::string key_of(ip::address const& address) {
    if (address.is_v4()) return bytes_of(address.to_v4().to_bytes(), 4);
    auto const v6 = address.to_v6();
    if (v6.is_v4_mapped()) return bytes_of(ip::make_address_v4(ip::v4_mapped, v6).to_bytes(), 4);
    return bytes_of(v6.to_bytes(), 8);
}

}  // namespace

bool AnonymousQuota::take(ip::address const& address, std::size_t per_minute) {
    std::scoped_lock const lock(mutex_);
    auto& bucket = fill(address, per_minute);
    if (bucket.left < 1) return false;
    bucket.left -= 1;
    return true;
}

bool AnonymousQuota::has_one(ip::address const& address, std::size_t per_minute) {
    std::scoped_lock const lock(mutex_);
    return fill(address, per_minute).left >= 1;
}

AnonymousQuota::Bucket& AnonymousQuota::fill(ip::address const& address, std::size_t per_minute) {
    auto const full = static_cast<double>(per_minute);
    auto& bucket = *touch(key_of(address), full);
    auto const now = clock_.now();
    auto const passed = std::max(std::chrono::duration<double>(now - bucket.at).count(), 0.0);
    bucket.left = std::min(full, bucket.left + passed * full / 60);
    bucket.at = now;
    return bucket;
}

std::shared_ptr<void> AnonymousQuota::reserve(std::size_t most) {
    auto const before = held_->fetch_add(1);
    std::shared_ptr<void> place(held_.get(), [held = held_](void*) { held->fetch_sub(1); });
    if (before >= most) return nullptr;
    return place;
}

std::list<AnonymousQuota::Bucket>::iterator AnonymousQuota::touch(std::string key, double full) {
    if (auto const found = by_key_.find(key); found != by_key_.end()) {
        recent_.splice(recent_.begin(), recent_, found->second);
        return recent_.begin();
    }
    if (by_key_.size() >= max_addresses) {
        by_key_.erase(recent_.back().key);
        recent_.pop_back();
    }
    recent_.push_front({key, full, clock_.now()});
    by_key_.emplace(std::move(key), recent_.begin());
    return recent_.begin();
}

}  // namespace kaiwa::api::compat
