#include "base/random.hpp"

#include "base/crypto.hpp"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

namespace kaiwa {

double Random::fraction() {
    std::array<std::uint8_t, 8> bytes{};
    fill(bytes);
    std::uint64_t bits = 0;
    for (auto byte : bytes) bits = bits << 8 | byte;
    return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

std::string Random::token(std::size_t count) {
    std::vector<std::uint8_t> bytes(count);
    fill(bytes);
    return base64url(bytes);
}

void SystemRandom::fill(std::span<std::uint8_t> bytes) {
    while (!bytes.empty()) {
        auto const got = ::getrandom(bytes.data(), bytes.size(), 0);
        if (got < 0) {
            if (errno == EINTR) continue;
            throw std::system_error(errno, std::system_category(), "getrandom");
        }
        bytes = bytes.subspan(static_cast<std::size_t>(got));
    }
}

Uuid make_uuid7(Clock const& clock, Random& random) {
    Uuid id;
    random.fill(id.bytes);
    auto const ms = static_cast<std::uint64_t>(clock.now().time_since_epoch().count());
    for (std::size_t i = 0; i < 6; ++i) id.bytes[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
    id.bytes[6] = static_cast<std::uint8_t>(0x70 | (id.bytes[6] & 0x0F));
    id.bytes[8] = static_cast<std::uint8_t>(0x80 | (id.bytes[8] & 0x3F));
    return id;
}

}  // namespace kaiwa
