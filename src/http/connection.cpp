#include "http/connection.hpp"

#include <boost/asio/deferred.hpp>
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

namespace kaiwa::http {

namespace {

constexpr std::chrono::seconds linger_time{2};
constexpr std::size_t max_linger_bytes = 16 * 1024 * 1024;

}  // namespace

std::string_view ServerLoop::date_line() {
    auto const now = std::time(nullptr);
    if (now != dated_) {
        static constexpr std::array<char const*, 7> days = {"Sun", "Mon", "Tue", "Wed",
                                                            "Thu", "Fri", "Sat"};
        static constexpr std::array<char const*, 12> months = {
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        std::tm utc{};
        ::gmtime_r(&now, &utc);
        date_line_ = fmt::format("Date: {}, {:02} {} {} {:02}:{:02}:{:02} GMT\r\n",
                                 days[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                                 months[static_cast<std::size_t>(utc.tm_mon)], 1900 + utc.tm_year,
                                 utc.tm_hour, utc.tm_min, utc.tm_sec);
        dated_ = now;
    }
    return date_line_;
}

void ServerLoop::look_at_deadlines() {
    auto const now = std::chrono::steady_clock::now();
    for (auto* const connection : connections) connection->give_up_after(now);
}

Connection::Connection(ServerLoop& loop, asio::ip::tcp::socket socket)
    : loop_(loop), socket_(std::move(socket)), place_(loop.connections.size()) {
    boost::system::error_code ignored;
    peer_ = socket_.remote_endpoint(ignored).address();
    tune(socket_.native_handle(), loop.options.limits.write_gap);
    loop_.connections.push_back(this);
}

Connection::~Connection() {
    auto* const moved = loop_.connections.back();
    loop_.connections[place_] = moved;
    moved->place_ = place_;
    loop_.connections.pop_back();
}

asio::awaitable<Result<bool>> Connection::fill(std::size_t capacity, SteadyTime deadline) {
    for (;;) {
        if (!read_dry_) {
            auto const room = input_.room(capacity);
            auto const got = receive_now(socket_.native_handle(), room);
            if (got.state == IoState::done) {
                input_.commit(got.bytes);
                read_dry_ = got.bytes < room.size();
                co_return true;
            }
            if (got.state == IoState::ended) co_return false;
            if (got.state == IoState::broken) co_return fail(Errc::cancelled, "the client is gone");
        }
        input_.release_if_empty();
        auto const ready =
            co_await wait(asio::ip::tcp::socket::wait_read, read_deadline_, deadline);
        if (!ready) co_return std::unexpected(ready.error());
        read_dry_ = false;
    }
}

bool Connection::send_at_once(Gather const& what, std::size_t& sent) {
    auto const took = send_now(socket_.native_handle(), what, sent);
    sent += took.bytes;
    unyielded_bytes_ += took.bytes;
    return took.state != IoState::broken;
}

asio::awaitable<Result<void>> Connection::send_rest(Gather what, std::size_t sent) {
    auto const size = what.size();
    if (wants_to_yield()) {
        co_await asio::post(asio::use_awaitable);
        unyielded_bytes_ = 0;
    }
    while (sent < size) {
        auto const before = sent;
        if (!send_at_once(what, sent)) co_return fail(Errc::cancelled, "the client is gone");
        if (sent != before) continue;
        auto const deadline = std::chrono::steady_clock::now() + loop_.options.limits.write_gap;
        auto const ready =
            co_await wait(asio::ip::tcp::socket::wait_write, write_deadline_, deadline);
        if (!ready) co_return ready;
        unyielded_bytes_ = 0;
    }
    co_return Result<void>{};
}

asio::awaitable<Result<void>> Connection::wait(asio::ip::tcp::socket::wait_type what,
                                               SteadyTime& slot, SteadyTime deadline) {
    if (expired_) co_return fail(Errc::timed_out, "the client took too long", "request_timeout");
    if (closing_) co_return fail(Errc::cancelled, "the server is stopping");
    slot = deadline;
    auto const [error] = co_await socket_.async_wait(what, asio::as_tuple(asio::deferred));
    slot = SteadyTime::max();
    if (!error) co_return Result<void>{};
    if (expired_) co_return fail(Errc::timed_out, "the client took too long", "request_timeout");
    co_return fail(Errc::cancelled, "the wait was stopped");
}

asio::awaitable<void> Connection::linger() {
    ::shutdown(socket_.native_handle(), SHUT_WR);
    auto const deadline = std::chrono::steady_clock::now() + linger_time;
    std::size_t dropped = 0;
    while (dropped < max_linger_bytes) {
        dropped += input_.size();
        input_.consume(input_.size());
        auto const more = co_await fill(16 * 1024, deadline);
        if (!more || !*more) co_return;
    }
}

void Connection::abort() {
    boost::system::error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);  // a destructor would take the option back
}

void Connection::close_if_idle() {
    if (!idle_) return;
    closing_ = true;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

void Connection::give_up_after(SteadyTime now) {
    if (now >= read_deadline_ || now >= write_deadline_) {
        expired_ = true;
        boost::system::error_code ignored;
        socket_.cancel(ignored);
    } else if (on_tick) {
        on_tick(now);
    }
}

}  // namespace kaiwa::http
