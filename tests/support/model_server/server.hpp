#pragma once

#include "site.hpp"
#include "wheel.hpp"

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

namespace kaiwa::model_server {

/// Serves a `Site` on one thread with epoll. Its own sockets, so that it can end a connection at
/// any byte and in any way.
class Server {
public:
    explicit Server(Site& site);
    ~Server();

    /// Listens on 127.0.0.1; 0 takes a free port. Returns the port, or what failed.
    std::expected<std::uint16_t, std::string> listen(std::uint16_t port);
    /// Serves until the lifetime is over or `stop_fd` becomes readable.
    void run(std::chrono::seconds lifetime, int stop_fd);

private:
    struct Connection {
        int fd = -1;
        std::uint32_t version = 0;  ///< Grows whenever a pending timer loses its meaning.
        std::string input;
        std::string half_sent;  ///< What the socket did not take.
        Site::Reply reply;      ///< Empty plan: waiting for a request.
        std::size_t next_write = 0;
        std::uint64_t due_us = 0;  ///< When the next write is meant to happen.
        bool waits_for_socket = false;
        bool stalled = false;
    };

    void accept_all();
    void on_readable(std::uint32_t index);
    void serve_input(std::uint32_t index);
    void send_due(std::uint32_t index);
    bool send_bytes(Connection& connection, std::string_view bytes);
    void finish_reply(std::uint32_t index);
    void close_connection(std::uint32_t index, bool reset);
    void watch(std::uint32_t index, bool for_writing);
    void wake_at(std::uint32_t index, std::uint64_t at_us);

    Site& site_;
    int epoll_ = -1;
    int listener_ = -1;
    TimerWheel wheel_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::vector<std::uint32_t> free_;
    std::string scratch_;
};

}  // namespace kaiwa::model_server
