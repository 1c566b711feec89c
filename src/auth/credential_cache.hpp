#pragma once

#include "auth/user_store.hpp"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace kaiwa::auth {

/// How a caller proved who it is: enough to ask again, useless to sign in with.
struct Credential {
    enum class Kind {
        session,
        key,
        external,  ///< Somebody whom another system knows and has just vouched for.
        none,      ///< Nothing was proved: there is nothing to ask again.
    } kind = Kind::session;
    std::string hash;  ///< 32 bytes, SHA-256 of the whole token or key, or of issuer and subject.

    bool operator==(Credential const&) const = default;
};

/// Who asks, as checked a moment ago.
struct Caller {
    Principal principal;
    std::optional<User> user;          ///< Unset for a key that stands for itself.
    std::optional<SessionId> session;  ///< Set when signed in with a cookie.
    std::optional<KeyId> key;
    Credential credential;
};

/// Remembers checked credentials for a moment, so that a burst of requests or many open streams of
/// one person cost one read of the store. Every revocation made in this process empties it at
/// once; one made elsewhere is seen when `lifetime` is over, which leaves a connection that asks
/// twice a second dead within one. Thread-safe.
class CredentialCache {
public:
    static constexpr std::chrono::milliseconds lifetime{450};
    static constexpr std::size_t max_entries = 16'384;

    /// Take it before reading the store; what was read is kept only if nothing was revoked since.
    [[nodiscard]] std::uint64_t epoch() const;
    [[nodiscard]] std::optional<Caller> find(Credential const& credential) const;
    void keep(Caller caller, std::uint64_t read_in_epoch);
    /// Call it after the store took the revocation.
    void clear();

private:
    using Time = std::chrono::steady_clock::time_point;
    struct Entry {
        Caller caller;
        Time until;
    };
    mutable std::mutex mutex_;
    std::uint64_t epoch_ = 0;
    std::unordered_map<std::string, Entry> entries_;
};

}  // namespace kaiwa::auth
