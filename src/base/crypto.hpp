#pragma once

#include "base/random.hpp"
#include "base/secret.hpp"
#include "kaiwa/error.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace kaiwa {

using Sha256 = std::array<std::uint8_t, 32>;

[[nodiscard]] Sha256 sha256(std::string_view bytes);
/// RFC 2104 with SHA-256.
[[nodiscard]] Sha256 hmac_sha256(std::string_view key, std::string_view bytes);
[[nodiscard]] std::string hex(std::span<std::uint8_t const> bytes);
/// URL-safe base64 without padding (RFC 4648, section 5).
[[nodiscard]] std::string base64url(std::span<std::uint8_t const> bytes);
/// Standard base64 with padding (RFC 4648, section 4).
[[nodiscard]] std::string base64(std::string_view bytes);
/// Reads standard or URL-safe base64, with or without padding.
[[nodiscard]] Result<std::string> decode_base64(std::string_view text);
/// Compares without telling by its time where the difference is. Lengths are no secret.
[[nodiscard]] bool same_secret(std::string_view a, std::string_view b);

/// Seals small secrets for storage with AES-256-GCM under one key.
/// A sealed value is nonce (12 bytes), ciphertext, tag (16 bytes).
class Sealer {
public:
    explicit Sealer(Sha256 key) : key_(key) {}

    /// `context` names what is sealed; opening under another context fails.
    [[nodiscard]] std::string seal(Secret const& value, std::string_view context,
                                   Random& random) const;
    /// Fails with `unauthenticated` when the key or context is another, or the value was changed.
    [[nodiscard]] Result<Secret> open(std::string_view sealed, std::string_view context) const;

private:
    Sha256 key_;
};

}  // namespace kaiwa
