#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kaiwa::fuzz {

/// The bytes that the fuzzer made up, read from the front.
class Input {
public:
    Input(std::uint8_t const* data, std::size_t size)
        : bytes_(reinterpret_cast<char const*>(data), size) {}

    /// A number below `limit`, from at most two bytes; 0 when they are used up.
    std::size_t below(std::size_t limit) {
        std::size_t value = 0;
        for (int i = 0; i < 2 && !bytes_.empty(); ++i) {
            value = value << 8 | static_cast<unsigned char>(bytes_.front());
            bytes_.remove_prefix(1);
        }
        return limit == 0 ? 0 : value % limit;
    }
    [[nodiscard]] std::string_view rest() const { return bytes_; }

private:
    std::string_view bytes_;
};

/// Stops the fuzzer with a report when what must hold does not.
inline void require(bool holds) {
    if (!holds) __builtin_trap();
}

}  // namespace kaiwa::fuzz
