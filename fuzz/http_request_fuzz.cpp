// A whole server connection, WebSocket included, on whatever bytes a client sends: what it answers
// is HTTP, and it ends when the client does.
#include "fuzz_input.hpp"
#include "http/connection.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>

using namespace kaiwa;
using namespace kaiwa::http;
using kaiwa::fuzz::require;

namespace {

asio::awaitable<Result<void>> echo(Request& request, ResponseWriter& writer) {
    ResponseHead head{200, {{"Content-Type", "text/plain"}}};
    co_return co_await writer.respond(std::move(head), request.path.substr(0, 100));
}

asio::awaitable<Result<void>> stream_back(Request& request, ResponseWriter& writer) {
    ResponseHead head;
    auto const started = co_await writer.start(std::move(head));
    if (!started) co_return started;
    for (;;) {
        auto const piece = co_await request.body_reader->next();
        if (!piece) co_return std::unexpected(piece.error());
        if (piece->empty()) break;
        std::array<asio::const_buffer, 1> const pieces = {asio::buffer(*piece)};
        auto const sent = co_await writer.write(pieces);
        if (!sent) co_return sent;
    }
    co_return co_await writer.finish();
}

asio::awaitable<Result<void>> echo_messages(Request&, ResponseWriter& writer) {
    auto socket = co_await writer.accept_websocket("");
    if (!socket) co_return std::unexpected(socket.error());
    for (;;) {
        auto const message = co_await (*socket)->read();
        if (!message) co_return Result<void>{};
        std::array<asio::const_buffer, 1> const pieces = {asio::buffer(*message)};
        auto const sent = co_await (*socket)->write(pieces);
        if (!sent) co_return sent;
    }
}

/// Everything that the connections share.
struct World {
    World() {
        router.add({"GET", "/", echo});
        router.add({"POST", "/buffered/{id}", echo, BodyMode::buffered, 1000});
        router.add({"POST", "/streamed", stream_back, BodyMode::streamed, 10'000});
        router.add({"GET", "/ws", echo_messages, BodyMode::none, 500});
        options.trusted_proxies = {AddressRange::parse("0.0.0.0/0").value()};
        options.limits.max_header_bytes = 2048;
    }
    SystemRandom random;
    NullLog log;
    Router router;
    ServerOptions options;
};

/// Reads what the server sent so far.
void drain(int socket, std::string& answers) {
    std::array<char, 65536> bytes;
    for (;;) {
        auto const got = ::recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (got <= 0) return;
        answers.append(bytes.data(), static_cast<std::size_t>(got));
    }
}

/// Checks that `answers` is a row of answers, the last of which may be cut or become a WebSocket.
void check(std::string_view answers) {
    while (!answers.empty()) {
        std::size_t searched = 0;
        auto const end = find_head_end(answers, searched);
        require(end.has_value());
        if (*end == 0) return;
        auto const head = parse_answer_head(answers.substr(0, *end));
        require(head.has_value());
        if (head->status == 101) return;
        require(head->status == 100 || head->headers.has("x-request-id"));
        auto framing = answer_framing(*head, head->status == 100 ? "HEAD" : "GET");
        require(framing.has_value());
        answers.remove_prefix(*end);
        for (bool more = true; more;) {
            auto const step = framing->next(answers);
            require(step.has_value());
            more = !step->data.empty();
            answers.remove_prefix(step->consumed);
        }
        if (!framing->done()) return;
    }
}

asio::awaitable<void> serve(std::unique_ptr<Connection> connection) {
    co_await serve_connection(*connection);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static World world;
    std::string_view const input(reinterpret_cast<char const*>(data), size);
    auto bytes = input;
    int sockets[2];
    require(::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);

    asio::io_context io(1);
    BodyBudget bodies(world.options.limits.max_buffered_bytes);
    ServerLoop loop(io.get_executor(), world.router, world.options, bodies, world.random,
                    world.log);
    asio::ip::tcp::socket socket(io, asio::ip::tcp::v4(), sockets[0]);
    auto connection = std::make_unique<Connection>(loop, std::move(socket));
    bool ended = false;
    spawn(io.get_executor(), {}, serve(std::move(connection)),
          [&ended](std::exception_ptr bug) {
              require(!bug);
              ended = true;
          });

    std::string answers;
    bool closed = false;
    while (!ended) {
        if (!bytes.empty()) {
            auto const sent =
                ::send(sockets[1], bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
            if (sent < 0 && errno != EAGAIN) bytes = {};
        } else if (!std::exchange(closed, true)) {
            ::shutdown(sockets[1], SHUT_WR);
        }
        io.restart();
        io.poll();
        drain(sockets[1], answers);
    }
    ::close(sockets[1]);
    require(loop.connections.empty());
    // An answer to HEAD has a length and no body: what follows it cannot be told apart here.
    if (!input.contains("HEAD")) check(answers);
    return 0;
}
