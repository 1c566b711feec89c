#include "http/resolve.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <fmt/format.h>

#include <memory>
#include <optional>

namespace kaiwa::http {

namespace {

struct Lookup {
    explicit Lookup(asio::any_io_executor const& loop) : resolver(loop), timer(loop) {}
    asio::ip::tcp::resolver resolver;
    asio::steady_timer timer;
    bool done = false;
    boost::system::error_code error;
    asio::ip::tcp::resolver::results_type results;
};

}  // namespace

asio::awaitable<Result<std::vector<asio::ip::address>>> resolve(std::string host,
                                                                SteadyTime deadline) {
    boost::system::error_code not_address;
    auto const address = asio::ip::make_address(host, not_address);
    if (!not_address) co_return std::vector{address};

    auto const lookup = std::make_shared<Lookup>(co_await asio::this_coro::executor);
    auto on_done = [lookup](boost::system::error_code error,
                            asio::ip::tcp::resolver::results_type results) {
        lookup->done = true;
        lookup->error = error;
        lookup->results = std::move(results);
        lookup->timer.cancel();
    };
    lookup->timer.expires_at(deadline);
    lookup->resolver.async_resolve(host, "80", asio::ip::resolver_base::numeric_service,
                                   std::move(on_done));
    auto const [woken] = co_await lookup->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!lookup->done) {
        lookup->resolver.cancel();
        if (woken) co_return fail(Errc::cancelled, "the call was stopped");
        co_return fail(Errc::timed_out, fmt::format("looking up {} took too long", host),
                       "connect");
    }
    std::vector<asio::ip::address> addresses;
    for (auto const& entry : lookup->results) addresses.push_back(entry.endpoint().address());
    if (lookup->error || addresses.empty()) {
        co_return fail(Errc::unavailable, fmt::format("no address is known for {}", host),
                       "resolve");
    }
    co_return addresses;
}

}  // namespace kaiwa::http
