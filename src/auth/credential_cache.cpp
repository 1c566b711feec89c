#include "auth/credential_cache.hpp"

namespace kaiwa::auth {
namespace {

std::string cache_key(Credential const& credential) {
    return static_cast<char>('a' + static_cast<int>(credential.kind)) + credential.hash;
}

}  // namespace

std::uint64_t CredentialCache::epoch() const {
    std::scoped_lock const lock(mutex_);
    return epoch_;
}

std::optional<Caller> CredentialCache::find(Credential const& credential) const {
    std::scoped_lock const lock(mutex_);
    auto const found = entries_.find(cache_key(credential));
    if (found == entries_.end() || found->second.until <= std::chrono::steady_clock::now())
        return std::nullopt;
    return found->second.caller;
}

void CredentialCache::keep(Caller caller, std::uint64_t read_in_epoch) {
    auto const now = std::chrono::steady_clock::now();
    auto key = cache_key(caller.credential);
    std::scoped_lock const lock(mutex_);
    if (read_in_epoch != epoch_) return;
    if (entries_.size() >= max_entries) {
        std::erase_if(entries_, [&](auto const& entry) { return entry.second.until <= now; });
        if (entries_.size() >= max_entries) entries_.clear();
    }
    Entry entry{std::move(caller), now + lifetime};
    entries_.insert_or_assign(std::move(key), std::move(entry));
}

void CredentialCache::clear() {
    std::scoped_lock const lock(mutex_);
    ++epoch_;
    entries_.clear();
}

}  // namespace kaiwa::auth
