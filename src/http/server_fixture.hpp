#pragma once

#include "http/server.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

namespace kaiwa::http {

/// A blocking socket that sends and receives exactly the bytes a test says. Gives up after 10 s.
class RawClient {
public:
    RawClient() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        timeval const patience{10, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    }
    explicit RawClient(std::uint16_t port) : RawClient() { connect(port); }
    ~RawClient() { close(); }
    RawClient(RawClient&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
    RawClient(RawClient const&) = delete;
    RawClient& operator=(RawClient const&) = delete;
    RawClient& operator=(RawClient&& other) noexcept {
        std::swap(socket_, other.socket_);
        std::swap(buffer_, other.buffer_);
        return *this;
    }

    bool connect(std::uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }
    void close() {
        if (socket_ >= 0) ::close(std::exchange(socket_, -1));
    }
    void send(std::string_view bytes) const {
        while (!bytes.empty()) {
            auto const sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }
    void end_sending() const { ::shutdown(socket_, SHUT_WR); }

    /// Everything up to and with `end`, or what came before the connection ended.
    std::string read_until(std::string_view end) {
        while (!buffer_.contains(end) && more()) {
        }
        auto const size =
            std::min(buffer_.find(end), buffer_.size() - std::min(end.size(), buffer_.size()));
        return take(std::min(size + end.size(), buffer_.size()));
    }
    std::string read(std::size_t size) {
        while (buffer_.size() < size && more()) {
        }
        return take(std::min(size, buffer_.size()));
    }
    std::string read_all() {
        while (more()) {
        }
        return take(buffer_.size());
    }
    /// One answer with a Content-Length.
    std::string read_answer() {
        auto answer = read_until("\r\n\r\n");
        auto const at = answer.find("Content-Length: ");
        if (at == answer.npos) return answer;
        return answer + read(std::stoul(answer.substr(at + 16)));
    }
    /// Whether the peer ended the connection with a reset.
    [[nodiscard]] bool was_reset() const { return reset_; }
    /// Whether anything (bytes or the end) arrives within `time`.
    [[nodiscard]] bool stirs_within(std::chrono::milliseconds time) const {
        pollfd wanted{socket_, POLLIN, 0};
        return ::poll(&wanted, 1, static_cast<int>(time.count())) > 0;
    }
    [[nodiscard]] int socket() const { return socket_; }

private:
    bool more() {
        std::array<char, 16384> bytes;
        auto const got = ::recv(socket_, bytes.data(), bytes.size(), 0);
        reset_ |= got < 0 && errno == ECONNRESET;
        if (got > 0) buffer_.append(bytes.data(), static_cast<std::size_t>(got));
        return got > 0;
    }
    std::string take(std::size_t size) {
        auto taken = buffer_.substr(0, size);
        buffer_.erase(0, size);
        return taken;
    }

    int socket_;
    std::string buffer_;
    bool reset_ = false;
};

/// Keeps the events that were logged.
class RecordingLog final : public Log {
public:
    void write(LogLevel, std::string_view event,
               std::initializer_list<LogField>) noexcept override {
        std::lock_guard const lock(mutex_);
        events_.emplace_back(event);
    }
    [[nodiscard]] bool has(std::string_view event) {
        std::lock_guard const lock(mutex_);
        return std::ranges::find(events_, event) != events_.end();
    }

private:
    std::mutex mutex_;
    std::vector<std::string> events_;
};

/// Threads that each run one event loop until destroyed.
class Loops {
public:
    explicit Loops(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            auto& loop = loops_.emplace_back(1);
            guards_.emplace_back(loop.get_executor());
            threads_.emplace_back([&loop] { loop.run(); });
        }
    }
    ~Loops() { stop(); }
    void stop() {
        guards_.clear();
        for (auto& loop : loops_) loop.stop();
        threads_.clear();
    }
    [[nodiscard]] std::vector<asio::any_io_executor> executors() {
        std::vector<asio::any_io_executor> out;
        for (auto& loop : loops_) out.emplace_back(loop.get_executor());
        return out;
    }
    /// Runs `task` on the first loop and waits for it.
    void run(asio::awaitable<void> task) {
        std::promise<void> done;
        spawn(loops_.front().get_executor(), {}, std::move(task),
              [&done](std::exception_ptr e) { e ? done.set_exception(e) : done.set_value(); });
        done.get_future().get();
    }

private:
    std::deque<asio::io_context> loops_;
    std::vector<asio::executor_work_guard<asio::io_context::executor_type>> guards_;
    std::vector<std::jthread> threads_;
};

/// A server of the routes that a test adds before `start()`.
class ServerTest : public testing::Test {
protected:
    void start(std::size_t loop_count = 1) {
        loops.emplace(loop_count);
        options.listen = {asio::ip::address_v4::loopback(), 0};
        server.emplace(loops->executors(), router, options, random, log);
        port = server->start().value().port();
    }
    void stop(std::chrono::milliseconds patience = std::chrono::milliseconds(0)) {
        if (!server) return;
        server->drain();
        loops->run(server->stop(patience));
        loops->stop();
        server.reset();
    }
    void TearDown() override { stop(); }

    void get(std::string pattern, Handler handler) {
        router.add({"GET", std::move(pattern), std::move(handler)});
    }
    RawClient connect() const { return RawClient(port); }
    /// Sends `request` on a connection of its own and returns everything that comes back.
    std::string exchange(std::string_view request) const {
        auto client = connect();
        client.send(request);
        return client.read_all();
    }

    SystemRandom random;
    RecordingLog log;
    Router router;
    ServerOptions options;
    std::optional<Loops> loops;
    std::optional<Server> server;
    std::uint16_t port = 0;
};

}  // namespace kaiwa::http
