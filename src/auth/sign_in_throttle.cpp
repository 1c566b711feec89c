#include "auth/sign_in_throttle.hpp"

#include "base/crypto.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>

#include <algorithm>
#include <cmath>

namespace kaiwa::auth {
namespace {

namespace ip = boost::asio::ip;

/// Names of any length become keys of one length.
std::string account_key(std::string_view account) {
    auto const digest = sha256(account);
    return {digest.begin(), digest.end()};
}

std::string network_key(ip::address const& address) {
    if (address.is_v6() && !address.to_v6().is_v4_mapped()) {
        auto const bytes = address.to_v6().to_bytes();
        return {bytes.begin(), bytes.begin() + 8};
    }
    auto const v4 =
        address.is_v4() ? address.to_v4() : ip::make_address_v4(ip::v4_mapped, address.to_v6());
    auto const bytes = v4.to_bytes();
    return {bytes.begin(), bytes.begin() + 3};
}

}  // namespace

SignInThrottle::Failures const* SignInThrottle::Memory::find(std::string const& key,
                                                             Timestamp now) {
    auto const found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    auto& failures = *found->second;
    failures.last = std::min(failures.last, now);
    return &failures;
}

SignInThrottle::Failures& SignInThrottle::Memory::touch(std::string const& key) {
    if (auto const found = by_key_.find(key); found != by_key_.end()) {
        recent_.splice(recent_.begin(), recent_, found->second);
        return recent_.front();
    }
    if (by_key_.size() >= max_remembered) {
        by_key_.erase(recent_.back().key);
        recent_.pop_back();
    }
    recent_.push_front({.key = key, .count = 0, .last = {}});
    by_key_.emplace(recent_.front().key, recent_.begin());
    return recent_.front();
}

void SignInThrottle::Memory::erase(std::string const& key) {
    auto const found = by_key_.find(key);
    if (found == by_key_.end()) return;
    auto const entry = found->second;
    by_key_.erase(found);
    recent_.erase(entry);
}

double SignInThrottle::left_of(Failures const& failures, Share share) const {
    auto const passed = std::max(clock_.now() - failures.last, std::chrono::milliseconds{0});
    std::chrono::duration<double, std::milli> const refill = share.refill;
    return std::max(0.0, failures.count - static_cast<double>(passed.count()) / refill.count());
}

std::chrono::milliseconds SignInThrottle::wait_for(Failures const* failures, Share share) const {
    if (!failures) return {};
    auto const over = left_of(*failures, share) - (share.most - 1);
    if (over <= 0) return {};
    std::chrono::duration<double, std::milli> const refill = share.refill;
    return std::chrono::milliseconds{static_cast<std::int64_t>(over * refill.count())};
}

std::chrono::milliseconds SignInThrottle::growing_pause(Failures const* failures) const {
    using std::chrono::milliseconds;
    auto const now = clock_.now();
    bool const free = !failures || failures->count < free_account_failures ||
                      now - failures->last >= account_memory;
    if (free) return {};
    auto const doublings = std::min(failures->count - free_account_failures, 10.0);
    auto const pause =
        std::min<milliseconds>(milliseconds{static_cast<std::int64_t>(1000 * std::exp2(doublings))},
                               longest_account_pause);
    return failures->last + pause - now;
}

void SignInThrottle::count(Failures& failures, Share share) const {
    failures.count = left_of(failures, share) + 1;
    failures.last = clock_.now();
}

std::chrono::milliseconds SignInThrottle::pause(std::string_view account,
                                                ip::address const& address) {
    std::scoped_lock const lock(mutex_);
    auto const name = account_key(account);
    auto const network = network_key(address);
    auto const now = clock_.now();
    auto wait =
        std::max({std::chrono::milliseconds{0}, growing_pause(pairs_.find(name + network, now)),
                  wait_for(networks_.find(network, now), of_network)});
    if (!homes_.find(name + network, now))
        wait = std::max(wait, wait_for(accounts_.find(name, now), of_account));
    return wait;
}

void SignInThrottle::failed(std::string_view account, ip::address const& address) {
    std::scoped_lock const lock(mutex_);
    auto const name = account_key(account);
    auto const network = network_key(address);
    auto& pair = pairs_.touch(name + network);
    if (clock_.now() - pair.last >= account_memory) pair.count = 0;
    pair.count += 1;
    pair.last = clock_.now();
    count(accounts_.touch(name), of_account);
    count(networks_.touch(network), of_network);
}

void SignInThrottle::succeeded(std::string_view account, ip::address const& address) {
    std::scoped_lock const lock(mutex_);
    auto const pair = account_key(account) + network_key(address);
    pairs_.erase(pair);
    homes_.touch(pair);
}

}  // namespace kaiwa::auth
