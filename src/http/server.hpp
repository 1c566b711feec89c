#pragma once

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/task_group.hpp"
#include "http/router.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

namespace kaiwa::http {

/// An address range such as 10.0.0.0/8 or ::1/128.
struct AddressRange {
    asio::ip::address address;
    unsigned prefix_bits = 0;

    static Result<AddressRange> parse(std::string_view text);
    [[nodiscard]] bool contains(asio::ip::address const& candidate) const;
};

struct ServerLimits {
    std::size_t max_connections = 18'000;  ///< Over all loops; more are closed at once.
    std::size_t max_header_bytes = 16 * 1024;
    std::chrono::seconds header_time{15};  ///< From the first byte to the whole head.
    std::chrono::seconds body_gap{30};     ///< Longest pause inside a body.
    /// A body that is read whole, and is slower than this for longer than `body_gap`, is given up.
    std::size_t min_body_bytes_per_second = 4 * 1024;
    /// Of bodies that are read whole, until their requests are answered; over it they are refused
    /// with 503.
    std::size_t max_buffered_bytes = std::size_t{256} << 20;
    std::chrono::seconds keep_alive{75};  ///< An idle connection lives so long.
    std::chrono::seconds write_gap{30};   ///< Longest time without the reader taking a byte.
    std::chrono::seconds ping_gap{15};    ///< A WebSocket silent for twice this is given up.
};

struct ServerOptions {
    asio::ip::tcp::endpoint listen;
    std::vector<AddressRange> trusted_proxies;  ///< Only from these is X-Forwarded-* believed.
    ServerLimits limits;
    enum class RequestLog { on, off } request_log = RequestLog::off;  ///< A line a request.
};

/// Serves HTTP/1.1 and WebSocket on every loop it is given (SO_REUSEPORT: one acceptor each; a
/// connection stays on its loop). TLS is the load balancer's business.
///
/// One instance for all loops; its functions may be called from any thread.
class Server {
public:
    Server(std::vector<asio::any_io_executor> loops, Router const& router, ServerOptions options,
           Random& random, Log& log);
    ~Server();

    /// Begins to accept. Fails with `unavailable` when the address cannot be had.
    Result<asio::ip::tcp::endpoint> start();
    /// Stops accepting, closes connections that are between two requests, and tells WebSockets that
    /// we go (1001).
    void drain();
    /// Ends what is left within `patience`. Call after `drain()`.
    asio::awaitable<void> stop(std::chrono::milliseconds patience);

    [[nodiscard]] std::size_t connections() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace kaiwa::http
