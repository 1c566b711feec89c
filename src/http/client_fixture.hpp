#pragma once

#include "base/wait.hpp"
#include "http/client.hpp"
#include "http/server_fixture.hpp"

#include <fmt/format.h>

#include <atomic>
#include <functional>
#include <memory>

namespace kaiwa::http {

/// The server's end of one connection, driven by a test's script.
class Peer {
public:
    explicit Peer(int socket) : socket_(socket) {
        timeval const patience{10, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    Peer(Peer const&) = delete;
    Peer& operator=(Peer const&) = delete;
    ~Peer() { ::close(socket_); }

    /// One request with its Content-Length body; empty when the client ended the connection.
    std::string read_request() {
        while (!buffer_.contains("\r\n\r\n") && more()) {
        }
        auto size = std::min(buffer_.find("\r\n\r\n"), buffer_.size());
        if (size == buffer_.size()) return {};
        size += 4;
        auto const at = buffer_.find("Content-Length: ");
        if (at < size) size += std::stoul(buffer_.substr(at + 16));
        while (buffer_.size() < size && more()) {
        }
        auto request = buffer_.substr(0, size);
        buffer_.erase(0, size);
        return request;
    }
    void send(std::string_view bytes) const {
        while (!bytes.empty()) {
            auto const sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }
    /// Waits until the client ends the connection.
    void wait_for_end() {
        while (more()) {
        }
    }
    /// Ends the connection with a reset.
    void reset() const {
        linger const now{1, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    [[nodiscard]] int socket() const { return socket_; }

private:
    bool more() {
        std::array<char, 16384> bytes;
        auto const got = ::recv(socket_, bytes.data(), bytes.size(), 0);
        if (got > 0) buffer_.append(bytes.data(), static_cast<std::size_t>(got));
        return got > 0;
    }
    int socket_;
    std::string buffer_;
};

/// A server on a free port of the loopback that runs a script for each connection, one at a time.
class ScriptedServer {
public:
    using Script = std::function<void(Peer&)>;

    explicit ScriptedServer(Script script)
        : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
        ::listen(listener_, 64);
        socklen_t size = sizeof address;
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread([this] { serve(); });
    }
    ~ScriptedServer() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    ScriptedServer(ScriptedServer const&) = delete;
    ScriptedServer& operator=(ScriptedServer const&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::string url(std::string_view target = "/") const {
        return fmt::format("http://127.0.0.1:{}{}", port_, target);
    }
    [[nodiscard]] int connections() const { return connections_; }

private:
    void serve() {
        for (;;) {
            int const socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (socket < 0) return;
            ++connections_;
            Peer peer(socket);
            script_(peer);
        }
    }

    Script script_;
    int listener_;
    std::uint16_t port_ = 0;
    std::atomic<int> connections_ = 0;
    std::jthread thread_;
};

/// Lets every call through and counts the addresses it was asked about.
class OpenGate final : public OutboundGate {
public:
    [[nodiscard]] bool allows(std::string_view, std::uint16_t,
                              asio::ip::address const&) const override {
        ++asked;
        return !closed;
    }
    mutable std::atomic<int> asked = 0;
    std::atomic<bool> closed = false;
};

/// What became of a call, body included.
struct Outcome {
    unsigned status = 0;
    Headers headers;
    std::string body;
    std::size_t reads = 0;
    std::optional<Error> error;

    [[nodiscard]] Errc code() const { return error ? error->code : Errc{}; }
    [[nodiscard]] std::string reason() const { return error ? error->reason : "none"; }
};

class ClientTest : public testing::Test {
protected:
    ~ClientTest() override {
        client.reset();
        loops.stop();
    }

    void make_client(ClientOptions options = {}) { client.emplace(gate, std::move(options), log); }

    static asio::awaitable<void> read_body(InboundResponse& response, Outcome& outcome) {
        for (;;) {
            auto const bytes = co_await response.read_some();
            if (!bytes) {
                outcome.error = bytes.error();
                co_return;
            }
            if (bytes->empty()) co_return;
            ++outcome.reads;
            outcome.body += *bytes;
        }
    }
    static asio::awaitable<void> call_into(Client& client, OutboundRequest request,
                                           Outcome& outcome) {
        auto response = co_await client.send(std::move(request));
        if (!response) {
            outcome.error = response.error();
            co_return;
        }
        outcome.status = (*response)->status();
        outcome.headers = (*response)->headers();
        co_await read_body(**response, outcome);
    }
    Outcome call(OutboundRequest request) {
        if (!client) make_client();
        Outcome outcome;
        loops.run(call_into(*client, std::move(request), outcome));
        return outcome;
    }
    Outcome get(std::string url) {
        OutboundRequest request;
        request.url = std::move(url);
        return call(std::move(request));
    }
    /// What a client makes of `bytes` as the answer, after which the connection ends.
    Outcome answer_with(std::string bytes) {
        ScriptedServer server([&bytes](Peer& peer) {
            peer.read_request();
            peer.send(bytes);
        });
        return get(server.url());
    }

    OpenGate gate;
    NullLog log;
    Loops loops{1};
    std::optional<Client> client;
};

}  // namespace kaiwa::http
