#include "server/check_health.hpp"

#include "http/client.hpp"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

namespace kaiwa::server {
namespace {

using namespace std::chrono_literals;

/// Lets through what listens where our own server does.
class OwnAddress final : public http::OutboundGate {
public:
    explicit OwnAddress(asio::ip::tcp::endpoint own) : own_(std::move(own)) {}
    [[nodiscard]] bool allows(std::string_view, std::uint16_t port,
                              asio::ip::address const& address) const override {
        return port == own_.port() && address == own_.address();
    }

private:
    asio::ip::tcp::endpoint own_;
};

/// Where a server that listens on `listen` answers a caller of this machine.
asio::ip::tcp::endpoint reached_at(asio::ip::tcp::endpoint listen) {
    if (!listen.address().is_unspecified()) return listen;
    if (listen.address().is_v6()) return {asio::ip::address_v6::loopback(), listen.port()};
    return {asio::ip::address_v4::loopback(), listen.port()};
}

asio::awaitable<Result<std::string>> ask(http::Transport& transport, std::string url) {
    http::OutboundRequest request;
    request.url = url;
    request.deadlines = {.connect = 2s, .first_byte = 4s, .idle = 4s, .total = 5s};
    auto response = co_await transport.send(std::move(request));
    if (!response) {
        co_return fail(Errc::unavailable,
                       fmt::format("{} does not answer: {}", url, response.error().message));
    }
    auto text = co_await (*response)->read_all(1024);
    if (!text || (*response)->status() != 200) {
        co_return fail(Errc::unavailable, fmt::format("{} answers {} {}", url, (*response)->status(),
                                                      text.value_or("and breaks off")));
    }
    co_return text;
}

asio::awaitable<void> ask_into(http::Client& client, std::string url, Result<std::string>& answer) {
    answer = co_await ask(client, std::move(url));
    client.close_idle();
}

}  // namespace

Result<std::string> check_health(Settings const& settings) {
    auto const address = reached_at(settings.listen);
    NullLog log;
    OwnAddress const gate(address);
    http::Client client(gate, {}, log);
    auto const host = address.address().is_v6() ? fmt::format("[{}]", address.address().to_string())
                                                : address.address().to_string();
    Result<std::string> answer = fail(Errc::internal, "nothing was asked");
    auto const on_end = [](std::exception_ptr const& bug) {
        if (bug) std::rethrow_exception(bug);
    };
    asio::io_context loop(1);
    spawn(loop.get_executor(), {},
          ask_into(client, fmt::format("http://{}:{}/readyz", host, address.port()), answer), on_end);
    loop.run();
    return answer;
}

}  // namespace kaiwa::server
