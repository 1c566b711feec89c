#pragma once

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/spawn.hpp"
#include "kaiwa/error.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::auth {

/// What a signature was made with. No others are taken: `none` and the symmetric ones never.
enum class TokenAlgorithm { rs256, ps256, es256 };

/// The public keys of an issuer (RFC 7517), only those that signatures can be checked with: RSA of
/// at least 2048 bits and P-256, for signing, at most 64 of them.
class KeySet {
public:
    static constexpr std::size_t max_keys = 64;

    /// Reads a JWK set. Keys of other kinds are left out. Fails with `invalid_argument` when it is
    /// no JWK set, or has no key that can be used.
    static Result<KeySet> parse(std::string_view json);

    struct Key {
        std::optional<std::string> id;         ///< `kid`
        std::optional<TokenAlgorithm> only_for;  ///< `alg`, where the issuer names one.
        bool elliptic = false;                 ///< P-256; else RSA.
        std::string jwk;                       ///< Its public members alone, as JSON.
    };
    /// Those that a token with this header may have been signed with.
    [[nodiscard]] std::vector<Key const*> candidates(std::optional<std::string> const& id,
                                                     TokenAlgorithm algorithm) const;
    [[nodiscard]] bool has(std::string_view id) const;

private:
    std::vector<Key> keys_;
};

/// Where issuers' keys come from. Thread-safe.
class KeySource {
public:
    virtual ~KeySource() = default;

    enum class Freshness {
        kept,     ///< What was fetched lately will do.
        fetched,  ///< A key is missing there: fetch again, unless that was done a moment ago.
    };
    /// Fails with `unavailable` when the issuer's keys cannot be had.
    virtual asio::awaitable<Result<std::shared_ptr<KeySet const>>> keys(std::string issuer,
                                                                        Freshness freshness) = 0;
};

/// Whose tokens are taken, and for whom they must have been made.
struct TokenRules {
    std::string issuer;    ///< Equal to `iss`, byte for byte.
    std::string audience;  ///< In `aud`, or equal to `client_id` of a Cognito access token.
    std::optional<std::string> nonce;  ///< Of a sign-in that is under way.
};

/// Somebody whom another system knows. (issuer, subject) is who it is; nothing else is.
struct ExternalIdentity {
    std::string issuer;
    std::string subject;
    std::string name;  ///< For people to read; proves nothing.
};

struct VerifiedToken {
    ExternalIdentity identity;
    Timestamp expires_at;
    json::object claims;
};

/// Checks signed tokens (RFC 7519) of OpenID Connect issuers, Amazon Cognito among them.
///
/// A token is one of three base64url parts and at most 16 KiB; signed with RS256, PS256 or ES256 by
/// a key of the issuer; of exactly the configured issuer; for the configured audience (with several,
/// `azp` must be it); not expired, not yet to come and not from the future, with a minute of leeway;
/// with a subject. Addresses and keys inside a token are never used. Cognito's `token_use` decides
/// where the audience stands. E-mail addresses mean nothing here.
///
/// Thread-safe. Keeps nothing of a token.
class TokenVerifier {
public:
    static constexpr std::size_t max_token_bytes = 16 * 1024;
    static constexpr std::size_t max_subject_bytes = 255;
    static constexpr std::chrono::seconds leeway{60};

    TokenVerifier(KeySource& keys, Clock const& clock) : keys_(keys), clock_(clock) {}

    /// Fails with `unauthenticated` whatever is wrong with the token, `unavailable` when the
    /// issuer's keys cannot be had.
    asio::awaitable<Result<VerifiedToken>> verify(std::string token, TokenRules rules);

private:
    KeySource& keys_;
    Clock const& clock_;
};

}  // namespace kaiwa::auth
