#pragma once

#include "base/random.hpp"
#include "base/wait.hpp"
#include "http/body_budget.hpp"
#include "http/framing.hpp"
#include "http/server.hpp"
#include "http/socket_io.hpp"

#include <algorithm>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

namespace kaiwa::http {

class Connection;

/// What the connections of one loop share. Used on that loop only.
struct ServerLoop {
    ServerLoop(asio::any_io_executor e, Router const& r, ServerOptions const& o, BodyBudget& b,
               Random& n, Log& l)
        : executor(std::move(e)), router(r), options(o), bodies(b), random(n), log(l) {}

    asio::any_io_executor executor;
    Router const& router;
    ServerOptions const& options;
    BodyBudget& bodies;  ///< Of all loops.
    Random& random;
    Log& log;
    bool draining = false;
    std::vector<Connection*> connections;

    /// "Date: …\r\n" of now, made once a second.
    std::string_view date_line();
    /// Gives up the connections whose deadline passed. Called every half a second: deadlines here
    /// are seconds, and a timer for each would cost more than it tells.
    void look_at_deadlines();

private:
    std::time_t dated_ = 0;
    std::string date_line_;
};

/// One accepted socket: its bytes, its deadlines and its place among those of its loop.
///
/// One task reads while another may write. Every wait ends at its deadline (`timed_out`), when the
/// task is stopped or the peer is gone (`cancelled`).
class Connection {
public:
    Connection(ServerLoop& loop, asio::ip::tcp::socket socket);
    ~Connection();
    Connection(Connection const&) = delete;
    Connection& operator=(Connection const&) = delete;

    [[nodiscard]] ServerLoop& loop() const { return loop_; }
    [[nodiscard]] asio::ip::address const& peer() const { return peer_; }
    ReadBuffer& input() { return input_; }

    /// Waits for bytes and appends them to `input()`, a buffer of at least `capacity`. False when
    /// the peer sent its last.
    asio::awaitable<Result<bool>> fill(std::size_t capacity, SteadyTime deadline);

    /// Brings the deadline of a `fill()` in progress forward.
    void read_no_longer_than(SteadyTime deadline) {
        read_deadline_ = read_deadline_ == SteadyTime::max() ? read_deadline_
                                                             : std::min(read_deadline_, deadline);
    }

    /// Sends what the socket takes at once and adds it to `sent`; false when the connection is
    /// gone.
    bool send_at_once(Gather const& what, std::size_t& sent);
    /// Sends the rest of `what` after its first `sent` bytes, and lets other connections run when
    /// this one never waits.
    asio::awaitable<Result<void>> send_rest(Gather what, std::size_t sent);
    [[nodiscard]] bool wants_to_yield() const { return unyielded_bytes_ > max_unyielded_bytes; }

    /// Answers are over: says so to the peer, and reads what it still sends for a moment, so that
    /// the answer is not lost to a reset.
    asio::awaitable<void> linger();
    /// Lets the peer see an aborted connection, not an ended one.
    void abort();

    /// Between two requests: nothing is lost when it is closed.
    void set_idle(bool idle) { idle_ = idle; }
    void close_if_idle();
    void give_up_after(SteadyTime now);

    /// Called about twice a second while the connection is open; the WebSocket's pings hang on it.
    std::function<void(SteadyTime)> on_tick;

private:
    static constexpr std::size_t max_unyielded_bytes = 256 * 1024;

    asio::awaitable<Result<void>> wait(asio::ip::tcp::socket::wait_type what, SteadyTime& slot,
                                       SteadyTime deadline);

    ServerLoop& loop_;
    asio::ip::tcp::socket socket_;
    asio::ip::address peer_;
    ReadBuffer input_;
    SteadyTime read_deadline_ = SteadyTime::max();
    SteadyTime write_deadline_ = SteadyTime::max();
    std::size_t place_;                // in loop_.connections
    std::size_t unyielded_bytes_ = 0;  // sent since the task last waited
    bool read_dry_ = false;            // the last read took all there was
    bool idle_ = false;
    bool expired_ = false;
    bool closing_ = false;
};

/// Serves requests on `connection` until either side ends it.
asio::awaitable<void> serve_connection(Connection& connection);

}  // namespace kaiwa::http
