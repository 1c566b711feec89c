#include "http/server.hpp"

#include "base/wait.hpp"
#include "http/connection.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace kaiwa::http {

namespace {

constexpr int backlog = 4096;
constexpr std::chrono::milliseconds deadline_look{500};
constexpr std::chrono::milliseconds farewell_look{20};
constexpr std::chrono::milliseconds full_pause{50};  // before accepting again without descriptors
constexpr std::chrono::seconds farewell{7};          // a WebSocket's close, and some

using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
using tcp = asio::ip::tcp;

/// Counts something for as long as it lives, and wakes who waits for zero.
class Counted {
public:
    Counted(std::atomic<std::size_t>& count, Notifier& changed)
        : count_(&count), changed_(&changed) {
        ++*count_;
    }
    Counted(Counted&& other) noexcept
        : count_(std::exchange(other.count_, nullptr)), changed_(other.changed_) {}
    Counted& operator=(Counted&&) = delete;
    ~Counted() {
        if (count_ && --*count_ == 0) changed_->notify_all();
    }

private:
    std::atomic<std::size_t>* count_;
    Notifier* changed_;
};

/// A descriptor kept for the moment when there are no others: with it a waiting client can be
/// accepted, told so and closed, instead of hanging.
class SpareDescriptor {
public:
    SpareDescriptor() { open(); }
    ~SpareDescriptor() { close(); }
    SpareDescriptor(SpareDescriptor const&) = delete;
    SpareDescriptor& operator=(SpareDescriptor const&) = delete;

    void open() {
        if (descriptor_ < 0) descriptor_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    void close() {
        if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    }

private:
    int descriptor_ = -1;
};

void send_full(int socket) {
    static constexpr std::string_view answer =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\n"
        "Connection: close\r\n\r\n";
    Gather const what{answer, {}, {}};
    // The client gets it if it can be had at once.
    static_cast<void>(send_now(socket, what, 0));
}

std::string_view advice_on(boost::system::error_code error) {
    if (error == asio::error::address_in_use)
        return "; stop the program that uses it, or choose another port";
    if (error == asio::error::access_denied)
        return "; ports below 1024 are the system's: choose another port";
    if (error == boost::system::errc::address_not_available)
        return "; choose an address of this machine, or 0.0.0.0 for all of them";
    return "";
}

Result<tcp::acceptor> listen_on(asio::any_io_executor loop, tcp::endpoint const& address,
                                bool shared) {
    tcp::acceptor acceptor(loop);
    boost::system::error_code error;
    acceptor.open(address.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && shared) acceptor.set_option(reuse_port(true), error);
    if (!error) acceptor.bind(address, error);
    if (!error) acceptor.listen(backlog, error);
    if (error) {
        return fail(Errc::unavailable,
                    fmt::format("cannot listen on {}:{}: {}{}", address.address().to_string(),
                                address.port(), error.message(), advice_on(error)));
    }
    return acceptor;
}

}  // namespace

struct Server::Impl {
    /// One event loop with its acceptor. Its members are used on the loop once it runs.
    struct Part {
        Part(Impl& server, asio::any_io_executor executor)
            : loop(executor, server.router, server.options, server.bodies, server.random,
                   server.log),
              tasks(executor, server.log) {}

        ServerLoop loop;
        TaskGroup tasks;
        std::optional<tcp::acceptor> acceptor;
        SpareDescriptor spare;
        bool watching = false;  // look_at_deadlines() runs
    };

    Impl(std::vector<asio::any_io_executor> loops, Router const& r, ServerOptions o, Random& n,
         Log& l)
        : router(r), options(std::move(o)), random(n), log(l) {
        for (auto& loop : loops) parts.push_back(std::make_unique<Part>(*this, std::move(loop)));
    }

    Router const& router;
    ServerOptions options;
    BodyBudget bodies{options.limits.max_buffered_bytes};
    Random& random;
    Log& log;
    std::vector<std::unique_ptr<Part>> parts;
    std::atomic<std::size_t> connections = 0;
    std::atomic<std::size_t> running = 0;  // tasks of all kinds
    Notifier changed;                      // either count came to zero

    asio::awaitable<void> accept(Part& part, Counted running_task);
    asio::awaitable<void> watch(Part& part, Counted running_task);
    void begin(Part& part, tcp::socket socket);
    void turn_away(Part& part);
    asio::awaitable<bool> wait_for_none(std::atomic<std::size_t>& count, SteadyTime deadline);
};

namespace {

/// The connection is gone before it is no longer counted: parameters end last to first.
asio::awaitable<void> serve_counted(Counted open, Counted running_task,
                                    std::unique_ptr<Connection> connection) {
    co_await serve_connection(*connection);
}

}  // namespace

asio::awaitable<void> Server::Impl::accept(Part& part, Counted running_task) {
    bool full = false;
    while (part.acceptor && part.acceptor->is_open()) {
        auto [error, socket] =
            co_await part.acceptor->async_accept(asio::as_tuple(asio::use_awaitable));
        if (!error) {
            full = false;
            begin(part, std::move(socket));
        } else if (error == asio::error::operation_aborted) {
            break;
        } else if (error == asio::error::no_descriptors || error.value() == ENFILE ||
                   error == asio::error::no_buffer_space || error == asio::error::no_memory) {
            if (!std::exchange(full, true)) {
                log.warning("no more connections", {{"what", error.message()}});
            }
            turn_away(part);
            if (!co_await sleep_for(full_pause)) break;
        }
    }
}

/// Accepts those that wait and tells them to come back.
void Server::Impl::turn_away(Part& part) {
    part.spare.close();
    for (;;) {
        auto const socket = ::accept4(part.acceptor->native_handle(), nullptr, nullptr,
                                      SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket < 0) break;
        send_full(socket);
        ::close(socket);
    }
    part.spare.open();
}

void Server::Impl::begin(Part& part, tcp::socket socket) {
    if (connections >= options.limits.max_connections) {
        send_full(socket.native_handle());
        return;
    }
    auto connection = std::make_unique<Connection>(part.loop, std::move(socket));
    auto task = serve_counted(Counted(connections, changed), Counted(running, changed),
                              std::move(connection));
    part.tasks.start("connection", std::move(task));
    if (!std::exchange(part.watching, true)) {
        part.tasks.start("deadlines", watch(part, Counted(running, changed)));
    }
}

/// Looks at the deadlines of the loop's connections for as long as there are any.
asio::awaitable<void> Server::Impl::watch(Part& part, Counted running_task) {
    do {
        // After a stop the deadlines of those who say goodbye still hold, and their end is awaited.
        bool const stopping = co_await stop_requested();
        co_await sleep_for(stopping ? farewell_look : deadline_look);
        part.loop.look_at_deadlines();
    } while (!part.loop.connections.empty());
    part.watching = false;
}

asio::awaitable<bool> Server::Impl::wait_for_none(std::atomic<std::size_t>& count,
                                                  SteadyTime deadline) {
    auto const executor = co_await asio::this_coro::executor;
    for (;;) {
        auto const waiter = changed.prepare(executor);
        if (count == 0) co_return true;
        if (!co_await waiter->wait_until(deadline)) co_return count == 0;
    }
}

Server::Server(std::vector<asio::any_io_executor> loops, Router const& router,
               ServerOptions options, Random& random, Log& log)
    : impl_(std::make_unique<Impl>(std::move(loops), router, std::move(options), random, log)) {}

Server::~Server() = default;

Result<asio::ip::tcp::endpoint> Server::start() {
    auto address = impl_->options.listen;
    bool const shared = impl_->parts.size() > 1;
    if (shared && address.port() != 0) {
        // Sharing the port would also be granted beside another server of the same user.
        auto const alone = listen_on(impl_->parts.front()->loop.executor, address, false);
        if (!alone) return std::unexpected(alone.error());
    }
    for (auto& part : impl_->parts) {
        auto acceptor = listen_on(part->loop.executor, address, shared);
        if (!acceptor) return std::unexpected(acceptor.error());
        address = acceptor->local_endpoint();
        part->acceptor = std::move(*acceptor);
    }
    for (auto& part : impl_->parts) {
        auto begin = [impl = impl_.get(), part = part.get()] {
            part->tasks.start("accept", impl->accept(*part, Counted(impl->running, impl->changed)));
        };
        asio::post(part->loop.executor, std::move(begin));
    }
    return address;
}

void Server::drain() {
    for (auto& part : impl_->parts) {
        auto close = [part = part.get()] {
            part->loop.draining = true;
            boost::system::error_code ignored;
            if (part->acceptor) part->acceptor->close(ignored);
            auto const now = std::chrono::steady_clock::now();
            for (auto* const connection : part->loop.connections) {
                connection->close_if_idle();
                if (connection->on_tick) connection->on_tick(now);
            }
        };
        asio::post(part->loop.executor, std::move(close));
    }
}

asio::awaitable<void> Server::stop(std::chrono::milliseconds patience) {
    co_await impl_->wait_for_none(impl_->connections, std::chrono::steady_clock::now() + patience);
    for (auto& part : impl_->parts) {
        auto stop = [part = part.get()] { part->tasks.stop(); };
        asio::post(part->loop.executor, std::move(stop));
    }
    co_await impl_->wait_for_none(impl_->running, std::chrono::steady_clock::now() + farewell);
}

std::size_t Server::connections() const {
    return impl_->connections;
}

}  // namespace kaiwa::http
