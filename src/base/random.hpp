#pragma once

#include "base/clock.hpp"
#include "base/uuid.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace kaiwa {

/// Unpredictable bytes; injected so that tests can repeat them. Thread-safe.
class Random {
public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::uint8_t> bytes) = 0;

    /// A number in [0, 1).
    double fraction();
    /// `count` random bytes in URL-safe base64 without padding.
    std::string token(std::size_t count);
};

/// The kernel's generator (getrandom).
class SystemRandom final : public Random {
public:
    void fill(std::span<std::uint8_t> bytes) override;
};

/// A version 7 UUID: 48 bits of milliseconds, then random bits. Order must not be read from it.
[[nodiscard]] Uuid make_uuid7(Clock const& clock, Random& random);

}  // namespace kaiwa
