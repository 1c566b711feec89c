#include "http/socket_io.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace kaiwa::http {

namespace {

/// The parts of a gather write that are left, as the kernel wants them.
class Parts {
public:
    Parts(Gather const& what, std::size_t sent) : skip_(sent) {
        add(what.head.data(), what.head.size());
        for (auto const& piece : what.pieces) add(piece.data(), piece.size());
        add(what.tail.data(), what.tail.size());
    }

    [[nodiscard]] std::size_t count() const { return count_; }
    [[nodiscard]] iovec* data() { return parts_.data(); }

private:
    void add(void const* bytes, std::size_t size) {
        auto const skipped = std::min(skip_, size);
        skip_ -= skipped;
        if (size == skipped || count_ == parts_.size()) return;
        parts_[count_++] = {const_cast<char*>(static_cast<char const*>(bytes)) + skipped,
                            size - skipped};
    }

    std::size_t skip_;
    std::size_t count_ = 0;
    std::array<iovec, 64> parts_;  // more go with the next call
};

}  // namespace

std::size_t Gather::size() const {
    auto size = head.size() + tail.size();
    for (auto const& piece : pieces) size += piece.size();
    return size;
}

IoResult receive_now(int socket, std::span<char> into) {
    for (;;) {
        auto const got = ::recv(socket, into.data(), into.size(), MSG_DONTWAIT);
        if (got > 0) return {IoState::done, static_cast<std::size_t>(got)};
        if (got == 0) return {IoState::ended, 0};
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) return {IoState::would_block, 0};
        return {IoState::broken, 0};
    }
}

IoResult send_now(int socket, Gather const& what, std::size_t sent) {
    Parts parts(what, sent);
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.count();
    for (;;) {
        auto const took = ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (took >= 0) return {IoState::done, static_cast<std::size_t>(took)};
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) return {IoState::would_block, 0};
        return {IoState::broken, 0};
    }
}

void tune(int socket, std::chrono::milliseconds unacknowledged) {
    int const on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto const timeout = static_cast<unsigned>(unacknowledged.count());
    ::setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout);
}

std::span<char> ReadBuffer::room(std::size_t capacity) {
    // Never no room at all: a read of nothing would look like the end.
    if (size() == capacity_) capacity = std::max<std::size_t>(capacity, 2 * capacity_);
    if (capacity_ < capacity) {
        auto larger = std::make_unique_for_overwrite<char[]>(capacity);
        if (!empty()) std::memcpy(larger.get(), bytes_.get() + begin_, size());
        bytes_ = std::move(larger);
        capacity_ = static_cast<std::uint32_t>(capacity);
    } else if (begin_ > 0 && !empty()) {
        std::memmove(bytes_.get(), bytes_.get() + begin_, size());
    }
    end_ -= begin_;
    begin_ = 0;
    return {bytes_.get() + end_, capacity_ - end_};
}

std::span<char> ReadBuffer::room_for_waiting(std::size_t capacity) {
    if (capacity_ > capacity) release_if_empty();
    return room(size() + capacity).first(capacity);
}

void ReadBuffer::release_if_empty() {
    if (!empty()) return;
    bytes_.reset();
    capacity_ = begin_ = end_ = 0;
}

}  // namespace kaiwa::http
