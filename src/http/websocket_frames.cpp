#include "http/websocket_frames.hpp"

#include "base/crypto.hpp"
#include "base/utf8.hpp"

#include <openssl/evp.h>

#include <bit>
#include <cstring>

namespace kaiwa::http {

namespace {

constexpr std::size_t max_control_bytes = 125;

bool is_known(unsigned opcode) {
    return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

std::uint64_t big_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
    return value;
}

/// The codes that may stand in a close frame (RFC 6455, 7.4, and the IANA registry).
bool may_be_sent(std::uint64_t code) {
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

}  // namespace

Result<std::optional<FrameHead>> parse_frame_head(std::string_view bytes) {
    if (bytes.size() < 2) return std::nullopt;
    auto const first = static_cast<unsigned char>(bytes[0]);
    auto const second = static_cast<unsigned char>(bytes[1]);
    if ((first & 0x70) != 0 || !is_known(first & 0x0F) || (second & 0x80) == 0) {
        return fail(Errc::invalid_argument, "the WebSocket frame is malformed");
    }
    FrameHead head;
    head.opcode = static_cast<Opcode>(first & 0x0F);
    head.final = (first & 0x80) != 0;
    head.length = second & 0x7F;
    if (head.is_control() && (!head.final || head.length > max_control_bytes)) {
        return fail(Errc::invalid_argument, "the WebSocket control frame is malformed");
    }

    std::size_t const more = head.length == 127 ? 8 : head.length == 126 ? 2 : 0;
    head.size = 2 + more + head.mask.size();
    if (bytes.size() < head.size) return std::nullopt;
    if (more > 0) {
        head.length = big_endian(bytes.substr(2, more));
        std::uint64_t const least = more == 2 ? 126 : 0x10000;
        if (head.length < least || head.length >> 63 != 0) {
            return fail(Errc::invalid_argument, "the length of the WebSocket frame is malformed");
        }
    }
    std::memcpy(head.mask.data(), bytes.data() + 2 + more, head.mask.size());
    return head;
}

void unmask(std::span<char> payload, std::array<char, 4> mask, std::size_t offset) {
    for (std::size_t i = 0; i < payload.size(); ++i) {
        payload[i] = static_cast<char>(payload[i] ^ mask[(offset + i) & 3]);
    }
}

OutgoingFrameHead::OutgoingFrameHead(Opcode opcode, std::size_t length) {
    bytes_[0] = static_cast<char>(0x80 | static_cast<unsigned>(opcode));
    std::size_t const more = length > 0xFFFF ? 8 : length > 125 ? 2 : 0;
    bytes_[1] = static_cast<char>(more == 8 ? 127 : more == 2 ? 126 : length);
    for (std::size_t i = 0; i < more; ++i) {
        bytes_[2 + i] = static_cast<char>(length >> (8 * (more - 1 - i)) & 0xFF);
    }
    size_ = 2 + more;
}

Result<CloseReason> parse_close(std::string_view payload) {
    if (payload.empty()) return CloseReason{};
    auto const code = payload.size() < 2 ? 0 : big_endian(payload.substr(0, 2));
    if (!may_be_sent(code) || !is_valid_utf8(payload.substr(2))) {
        return fail(Errc::invalid_argument, "the WebSocket close frame is malformed");
    }
    return CloseReason{static_cast<std::uint16_t>(code), std::string(payload.substr(2))};
}

std::string close_payload(std::uint16_t code, std::string_view text) {
    std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
    payload += utf8_prefix(text, max_control_bytes - payload.size());
    return payload;
}

std::string websocket_accept(std::string_view key) {
    std::string const input = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    ::EVP_Digest(input.data(), input.size(), digest.data(), &size, ::EVP_sha1(), nullptr);
    return base64({reinterpret_cast<char const*>(digest.data()), size});
}

}  // namespace kaiwa::http
