#include "http/resolve.hpp"

#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/query.hpp>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <cstring>

namespace kaiwa::http {

namespace {

constexpr std::size_t threads = 4;
constexpr std::size_t max_waiting = 256;

/// What the system's resolver says.
NameLookups::Addresses ask_system(std::string const& host) {
    addrinfo wanted{};
    wanted.ai_family = AF_UNSPEC;
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), nullptr, &wanted, &found) != 0) return {};
    NameLookups::Addresses addresses;
    for (auto const* entry = found; entry != nullptr; entry = entry->ai_next) {
        asio::ip::tcp::endpoint endpoint;
        if (entry->ai_addrlen > endpoint.capacity()) continue;
        std::memcpy(endpoint.data(), entry->ai_addr, entry->ai_addrlen);
        endpoint.resize(entry->ai_addrlen);
        addresses.push_back(endpoint.address());
    }
    ::freeaddrinfo(found);
    return addresses;
}

/// The look-ups of one loop; they end with it.
class LoopLookups final : public asio::execution_context::service {
public:
    using key_type = LoopLookups;
    static asio::execution_context::id id;

    explicit LoopLookups(asio::execution_context& loop)
        : service(loop), lookups_(std::make_unique<NameLookups>(ask_system)) {}
    NameLookups& lookups() { return *lookups_; }

private:
    void shutdown() override { lookups_.reset(); }

    std::unique_ptr<NameLookups> lookups_;
};

asio::execution_context::id LoopLookups::id;

}  // namespace

struct NameLookups::Lookup {
    std::mutex mutex;
    Notifier changed;
    bool done = false;
    Addresses addresses;
};

NameLookups::~NameLookups() {
    {
        std::lock_guard const lock(mutex_);
        closing_ = true;
    }
    workers_.reset();
}

std::shared_ptr<NameLookups::Lookup> NameLookups::begin(std::string const& host) {
    std::lock_guard const lock(mutex_);
    if (auto const found = running_.find(host); found != running_.end()) return found->second;
    if (!workers_) workers_ = std::make_unique<Workers>("resolver", threads, max_waiting);
    auto lookup = std::make_shared<Lookup>();
    if (!workers_->submit([this, host, lookup] { look_up(host, *lookup); })) return nullptr;
    running_.emplace(host, lookup);
    return lookup;
}

/// On one of the threads.
void NameLookups::look_up(std::string const& host, Lookup& lookup) {
    bool closing = false;
    {
        std::lock_guard const lock(mutex_);
        closing = closing_;
    }
    auto addresses = closing ? Addresses() : blocking_(host);
    {
        std::lock_guard const lock(mutex_);
        running_.erase(host);
    }
    {
        std::lock_guard const lock(lookup.mutex);
        lookup.addresses = std::move(addresses);
        lookup.done = true;
    }
    lookup.changed.notify_all();
}

asio::awaitable<Result<NameLookups::Addresses>> NameLookups::find(std::string host,
                                                                  SteadyTime deadline) {
    auto const lookup = begin(host);
    if (!lookup) co_return fail(Errc::unavailable, "too many names are being looked up", "resolve");
    auto const loop = co_await asio::this_coro::executor;
    auto const waiter = std::make_shared<Notifier::Waiter>(loop);
    std::unique_lock lock(lookup->mutex);
    while (!lookup->done) {
        lookup->changed.prepare(waiter);
        lock.unlock();
        bool const woken = co_await waiter->wait_until(deadline);
        lock.lock();
        if (woken || lookup->done) continue;
        if (std::chrono::steady_clock::now() < deadline)
            co_return fail(Errc::cancelled, "the call was stopped");
        co_return fail(Errc::timed_out, fmt::format("looking up {} took too long", host),
                       "connect");
    }
    if (lookup->addresses.empty())
        co_return fail(Errc::unavailable, fmt::format("no address is known for {}", host),
                       "resolve");
    co_return lookup->addresses;
}

asio::awaitable<Result<std::vector<asio::ip::address>>> resolve(std::string host,
                                                                SteadyTime deadline) {
    boost::system::error_code not_address;
    auto const address = asio::ip::make_address(host, not_address);
    if (!not_address) co_return std::vector{address};
    auto const loop = co_await asio::this_coro::executor;
    auto& context = asio::query(loop, asio::execution::context);
    co_return co_await asio::use_service<LoopLookups>(context).lookups().find(std::move(host),
                                                                              deadline);
}

}  // namespace kaiwa::http
