#pragma once

#include "kaiwa/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace kaiwa::api {

/// Longest message that a page sends.
inline constexpr std::size_t max_command_bytes = 1024;

/// What a page asks over its WebSocket (`kaiwa.v1`).
struct PageCommand {
    enum class Kind { follow, unfollow } kind = Kind::follow;
    std::string generation;   ///< As it was sent; not yet checked.
    std::uint64_t after = 0;  ///< Of `follow`: the last event that the page has.
};

/// Reads `{"follow":"…","after":n}` or `{"unfollow":"…"}`. Fails with `invalid_argument`.
[[nodiscard]] Result<PageCommand> parse_command(std::string_view text);

}  // namespace kaiwa::api
