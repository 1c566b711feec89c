#pragma once

#include "http/message.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace kaiwa::http {

// Reads and writes that never wait. A task tries these first and awaits the socket only when they
// would block: no completion handler and no second look at the reactor for what is ready anyway,
// and no buffer held while nothing arrives.

enum class IoState {
    done,         ///< `bytes` were moved.
    would_block,  ///< Nothing yet: wait for the socket.
    ended,        ///< The peer sent everything it will (reads only).
    broken,       ///< The connection is gone.
};

struct IoResult {
    IoState state = IoState::done;
    std::size_t bytes = 0;
};

/// What is sent in one gather write: `pieces` between a head and a tail of our own.
struct Gather {
    std::string_view head;
    std::span<asio::const_buffer const> pieces;
    std::string_view tail;

    [[nodiscard]] std::size_t size() const;
};

[[nodiscard]] IoResult receive_now(int socket, std::span<char> into);
/// Sends what follows the first `sent` bytes of `what`, as much as the socket takes at once.
[[nodiscard]] IoResult send_now(int socket, Gather const& what, std::size_t sent);

/// TCP_NODELAY, and a peer that acknowledges nothing for `unacknowledged` is given up.
void tune(int socket, std::chrono::milliseconds unacknowledged);

/// Bytes that arrived and were not consumed. Holds no memory while it is empty and released.
class ReadBuffer {
public:
    [[nodiscard]] std::string_view view() const { return {bytes_.get() + begin_, end_ - begin_}; }
    [[nodiscard]] bool empty() const { return begin_ == end_; }
    [[nodiscard]] std::size_t size() const { return end_ - begin_; }
    /// The same bytes, to be rewritten in place.
    [[nodiscard]] std::span<char> bytes() { return {bytes_.get() + begin_, size()}; }
    void consume(std::size_t count) { begin_ += static_cast<std::uint32_t>(count); }

    /// Free room after the bytes, in a buffer of at least `capacity`. Moves the bytes to its front:
    /// views into it end here.
    std::span<char> room(std::size_t capacity);
    /// The same for a wait that may be long: `capacity` bytes, and an empty buffer that is larger
    /// is exchanged for one of that size.
    std::span<char> room_for_waiting(std::size_t capacity);
    void commit(std::size_t count) { end_ += static_cast<std::uint32_t>(count); }
    /// Frees the memory of an empty buffer.
    void release_if_empty();

private:
    std::unique_ptr<char[]> bytes_;
    std::uint32_t capacity_ = 0;
    std::uint32_t begin_ = 0;
    std::uint32_t end_ = 0;
};

}  // namespace kaiwa::http
