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

SignInThrottle::Failures const* SignInThrottle::Memory::find(std::string const& key) const {
    auto const found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : &*found->second;
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

double SignInThrottle::decayed_network(Failures const& failures) const {
    auto const passed = std::max(clock_.now() - failures.last, std::chrono::milliseconds{0});
    std::chrono::duration<double, std::milli> const refill = network_refill;
    return std::max(0.0, failures.count - static_cast<double>(passed.count()) / refill.count());
}

std::chrono::milliseconds SignInThrottle::pause(std::string_view account,
                                                ip::address const& address) {
    using std::chrono::milliseconds;
    std::scoped_lock const lock(mutex_);
    auto const now = clock_.now();
    milliseconds wait{0};
    if (auto const* known = accounts_.find(account_key(account))) {
        if (known->count >= free_account_failures && now - known->last < account_memory) {
            auto const doublings = std::min(known->count - free_account_failures, 10.0);
            auto const pause = std::min<milliseconds>(
                milliseconds{static_cast<std::int64_t>(1000 * std::exp2(doublings))},
                longest_account_pause);
            wait = std::max(wait, known->last + pause - now);
        }
    }
    if (auto const* known = networks_.find(network_key(address))) {
        auto const over = decayed_network(*known) - (network_failures - 1);
        if (over > 0) {
            std::chrono::duration<double, std::milli> const refill = network_refill;
            wait = std::max(wait, milliseconds{static_cast<std::int64_t>(over * refill.count())});
        }
    }
    return std::max(wait, milliseconds{0});
}

void SignInThrottle::failed(std::string_view account, ip::address const& address) {
    std::scoped_lock const lock(mutex_);
    auto const now = clock_.now();
    auto& by_account = accounts_.touch(account_key(account));
    if (now - by_account.last >= account_memory) by_account.count = 0;
    by_account.count += 1;
    by_account.last = now;
    auto& by_network = networks_.touch(network_key(address));
    by_network.count = decayed_network(by_network) + 1;
    by_network.last = now;
}

void SignInThrottle::succeeded(std::string_view account) {
    std::scoped_lock const lock(mutex_);
    accounts_.erase(account_key(account));
}

}  // namespace kaiwa::auth
