#include "server.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <optional>

namespace kaiwa::model_server {

namespace {

constexpr std::uint64_t listener_tag = ~std::uint64_t{0};
constexpr std::uint64_t stop_tag = listener_tag - 1;
constexpr std::size_t max_request_bytes = std::size_t{64} << 20;

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

bool named(std::string_view name, std::string_view wanted) {
    return std::ranges::equal(name, wanted, [](char a, char b) { return (a | 0x20) == b; });
}

struct Parsed {
    HttpRequest request;
    std::size_t size = 0;
};

/// Joins a chunked body that is whole; nothing while it is not.
std::optional<std::size_t> read_chunks(std::string_view input, std::string& body) {
    std::size_t at = 0;
    for (;;) {
        auto const line = input.find("\r\n", at);
        if (line == input.npos) return std::nullopt;
        std::size_t size = 0;
        std::from_chars(input.data() + at, input.data() + line, size, 16);
        if (size > max_request_bytes || input.size() < line + 2 + size + 2) return std::nullopt;
        body.append(input.substr(line + 2, size));
        at = line + 2 + size + 2;
        if (size == 0) return at;
    }
}

/// Reads one request from the front of `input`; nothing while it is not whole.
std::optional<Parsed> read_request(std::string_view input) {
    auto const head_end = input.find("\r\n\r\n");
    if (head_end == input.npos) return std::nullopt;
    Parsed parsed;
    std::size_t length = 0;
    bool chunked = false;
    std::size_t from = 0;
    while (from < head_end + 2) {
        auto const end = input.find("\r\n", from);
        auto const line = input.substr(from, end - from);
        if (from == 0) {
            auto const space = std::min(line.find(' '), line.size());
            auto const second = std::min(line.find(' ', space + 1), line.size());
            parsed.request.method = std::string(line.substr(0, space));
            if (space < line.size()) {
                parsed.request.target = std::string(line.substr(space + 1, second - space - 1));
            }
        } else if (auto const colon = line.find(':'); colon != line.npos) {
            auto const name = line.substr(0, colon);
            auto const value = trimmed(line.substr(colon + 1));
            if (named(name, "content-length")) {
                std::from_chars(value.data(), value.data() + value.size(), length);
            }
            chunked = chunked || named(name, "transfer-encoding");
            parsed.request.headers.emplace_back(name, value);
        }
        from = end + 2;
    }
    auto const rest = input.substr(head_end + 4);
    if (chunked) {
        auto const size = read_chunks(rest, parsed.request.body);
        if (!size) return std::nullopt;
        parsed.size = head_end + 4 + *size;
        return parsed;
    }
    if (length > max_request_bytes || rest.size() < length) return std::nullopt;
    parsed.request.body = std::string(rest.substr(0, length));
    parsed.size = head_end + 4 + length;
    return parsed;
}

/// Writes the monotonic time in ns over 20 digits.
void write_stamp(std::string& bytes, std::size_t at) {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    auto value = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
                 static_cast<std::uint64_t>(now.tv_nsec);
    for (std::size_t digit = 20; digit-- > 0; value /= 10) {
        bytes[at + digit] = static_cast<char>('0' + value % 10);
    }
}

/// The monotonic clock, which the machine's other processes share.
std::uint64_t now_us() {
    auto const now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

std::string last_error(std::string_view what) {
    return fmt::format("{}: {}", what, std::strerror(errno));
}

}  // namespace

Server::Server(Site& site)
    : site_(site), epoll_(epoll_create1(EPOLL_CLOEXEC)), wheel_(now_us() / 1000) {}

Server::~Server() {
    for (std::uint32_t i = 0; i < connections_.size(); ++i) close_connection(i, false);
    if (listener_ >= 0) ::close(listener_);
    if (epoll_ >= 0) ::close(epoll_);
}

std::expected<std::uint16_t, std::string> Server::listen(std::uint16_t port) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int const on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0) {
        return std::unexpected(last_error("bind"));
    }
    if (::listen(listener_, 4096) != 0) return std::unexpected(last_error("listen"));
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = listener_tag;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event);
    return ntohs(address.sin_port);
}

void Server::run(std::chrono::seconds lifetime, int stop_fd) {
    epoll_event stop{};
    stop.events = EPOLLIN;
    stop.data.u64 = stop_tag;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, stop_fd, &stop);
    auto const end_us = now_us() + static_cast<std::uint64_t>(lifetime.count()) * 1'000'000u;
    std::array<epoll_event, 512> events{};
    while (now_us() < end_us) {
        auto const count = ::epoll_wait(epoll_, events.data(), events.size(), wheel_.wait_ms(500));
        for (int i = 0; i < count; ++i) {
            auto const& event = events[static_cast<std::size_t>(i)];
            if (event.data.u64 == stop_tag) return;
            if (event.data.u64 == listener_tag) {
                accept_all();
                continue;
            }
            auto const index = static_cast<std::uint32_t>(event.data.u64);
            if (event.events & EPOLLOUT) send_due(index);
            if (event.events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) on_readable(index);
        }
        wheel_.advance(now_us() / 1000, [this](TimerWheel::Timer const& timer) {
            if (connections_[timer.connection]->version == timer.version)
                send_due(timer.connection);
        });
    }
}

void Server::accept_all() {
    for (;;) {
        auto const fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        int const on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        std::uint32_t index = 0;
        if (free_.empty()) {
            index = static_cast<std::uint32_t>(connections_.size());
            connections_.push_back(std::make_unique<Connection>());
        } else {
            index = free_.back();
            free_.pop_back();
        }
        connections_[index]->fd = fd;
        epoll_event event{};
        event.events = EPOLLIN | EPOLLRDHUP;
        event.data.u64 = index;
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    }
}

void Server::on_readable(std::uint32_t index) {
    auto& connection = *connections_[index];
    if (connection.fd < 0) return;
    std::array<char, 16 * 1024> buffer{};
    for (;;) {
        auto const got = ::recv(connection.fd, buffer.data(), buffer.size(), 0);
        if (got > 0) {
            connection.input.append(buffer.data(), static_cast<std::size_t>(got));
            if (connection.input.size() > max_request_bytes) return close_connection(index, true);
            if (static_cast<std::size_t>(got) < buffer.size()) break;
            continue;
        }
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        if (connection.reply.record) {
            connection.reply.record->closed_by_peer_at_ms =
                std::max<std::uint64_t>(now_us() / 1000, 1);
            site_.count_closed_by_peer(*connection.reply.record);
        }
        return close_connection(index, false);
    }
    if (!connection.reply.plan) serve_input(index);
}

void Server::serve_input(std::uint32_t index) {
    auto& connection = *connections_[index];
    auto parsed = read_request(connection.input);
    if (!parsed) return;
    connection.input.erase(0, parsed->size);
    connection.reply = site_.answer(std::move(parsed->request), now_us() / 1000);
    connection.next_write = 0;
    connection.due_us = now_us();
    send_due(index);
}

void Server::send_due(std::uint32_t index) {
    auto& connection = *connections_[index];
    if (connection.fd < 0 || !connection.reply.plan || connection.stalled) return;
    if (!connection.half_sent.empty()) {
        auto const rest = std::move(connection.half_sent);
        connection.half_sent.clear();
        if (!send_bytes(connection, rest)) return close_connection(index, false);
        if (!connection.half_sent.empty()) return watch(index, true);
        watch(index, false);
    }
    auto const plan = connection.reply.plan;
    auto const now = now_us();
    while (connection.next_write < plan->writes.size()) {
        auto const& write = plan->writes[connection.next_write];
        auto const due = connection.due_us + static_cast<std::uint64_t>(write.gap.count());
        if (due > now && due - now >= 500) return wake_at(index, due);
        connection.due_us = due;
        ++connection.next_write;
        bool sent = false;
        if (write.stamp_at == std::string::npos) {
            sent = send_bytes(connection, write.bytes);
        } else {
            scratch_ = write.bytes;
            write_stamp(scratch_, write.stamp_at);
            sent = send_bytes(connection, scratch_);
        }
        if (!sent) {
            if (connection.reply.record) {
                connection.reply.record->closed_by_peer_at_ms =
                    std::max<std::uint64_t>(now / 1000, 1);
                site_.count_closed_by_peer(*connection.reply.record);
            }
            return close_connection(index, false);
        }
        if (connection.reply.record) connection.reply.record->tokens_sent += write.tokens;
        if (!connection.half_sent.empty()) return watch(index, true);
    }
    finish_reply(index);
}

bool Server::send_bytes(Connection& connection, std::string_view bytes) {
    while (!bytes.empty()) {
        auto const sent = ::send(connection.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            connection.half_sent = std::string(bytes);
            return true;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

void Server::finish_reply(std::uint32_t index) {
    auto& connection = *connections_[index];
    auto const end = connection.reply.plan->end;
    if (end == Behaviour::End::stall) {  // until the client gives up
        connection.stalled = true;
        return;
    }
    if (auto const& record = connection.reply.record) {
        record->finished_at_ms = std::max<std::uint64_t>(now_us() / 1000, 1);
        site_.count_finished(*record);
    }
    connection.reply = {};
    ++connection.version;
    if (end != Behaviour::End::keep_alive) {
        return close_connection(index, end == Behaviour::End::reset);
    }
    if (!connection.input.empty()) serve_input(index);
}

void Server::close_connection(std::uint32_t index, bool reset) {
    auto& connection = *connections_[index];
    if (connection.fd < 0) return;
    if (reset) {
        linger const at_once{1, 0};
        ::setsockopt(connection.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    ::close(connection.fd);
    auto const version = connection.version + 1;
    connection = Connection();
    connection.version = version;
    free_.push_back(index);
}

void Server::watch(std::uint32_t index, bool for_writing) {
    auto& connection = *connections_[index];
    if (connection.waits_for_socket == for_writing) return;
    connection.waits_for_socket = for_writing;
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP | (for_writing ? EPOLLOUT : 0u);
    event.data.u64 = index;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
}

void Server::wake_at(std::uint32_t index, std::uint64_t at_us) {
    wheel_.add({(at_us + 500) / 1000, index, connections_[index]->version});
}

}  // namespace kaiwa::model_server
