#pragma once

#include "kaiwa/error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kaiwa::http {

// The frames of RFC 6455, section 5, as a server reads and writes them, without extensions.

enum class Opcode : std::uint8_t {
    continuation = 0,
    text = 1,
    binary = 2,
    close = 8,
    ping = 9,
    pong = 10,
};

/// The head of a frame from a client.
struct FrameHead {
    Opcode opcode = Opcode::text;
    bool final = true;
    std::uint64_t length = 0;
    std::array<char, 4> mask{};
    std::size_t size = 0;  ///< Bytes the head itself takes.

    [[nodiscard]] bool is_control() const { return static_cast<std::uint8_t>(opcode) >= 8; }
};

/// Parses the head at the front of `bytes`; null while it is not complete.
///
/// Fails with `invalid_argument` when it is not masked, has a reserved bit or opcode, a length that
/// is not in its shortest form, or is a control frame that is cut or over 125 bytes.
[[nodiscard]] Result<std::optional<FrameHead>> parse_frame_head(std::string_view bytes);

/// Takes the mask off `payload`, which begins `offset` bytes into the frame's payload.
void unmask(std::span<char> payload, std::array<char, 4> mask, std::size_t offset);

/// The head of an unmasked, final frame.
class OutgoingFrameHead {
public:
    OutgoingFrameHead(Opcode opcode, std::size_t length);
    [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }

private:
    std::array<char, 10> bytes_;
    std::size_t size_;
};

/// What the payload of a close frame says; code 1005 when it is empty.
struct CloseReason {
    std::uint16_t code = 1005;
    std::string text;
};
/// Fails with `invalid_argument` for a code that must not be sent or a text that is not UTF-8.
[[nodiscard]] Result<CloseReason> parse_close(std::string_view payload);
[[nodiscard]] std::string close_payload(std::uint16_t code, std::string_view text);

/// `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key` (RFC 6455, 4.2.2).
[[nodiscard]] std::string websocket_accept(std::string_view key);

}  // namespace kaiwa::http
