#pragma once

#include "base/wait.hpp"
#include "base/workers.hpp"
#include "kaiwa/error.hpp"

#include <boost/asio/ip/address.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace kaiwa::http {

/// Looks names up, each on one of a few threads: a name whose server does not answer holds up
/// nobody but those who ask for it, who share one look-up. Thread-safe.
class NameLookups {
public:
    using Addresses = std::vector<asio::ip::address>;
    /// Blocks; no addresses where none are known. Must not throw.
    using Blocking = std::function<Addresses(std::string const& host)>;

    explicit NameLookups(Blocking blocking) : blocking_(std::move(blocking)) {}
    /// Waits for the look-ups that are under way.
    ~NameLookups();
    NameLookups(NameLookups const&) = delete;
    NameLookups& operator=(NameLookups const&) = delete;

    /// The addresses of `host`, in the order to try them. A look-up that takes too long cannot be
    /// interrupted: it is left behind.
    /// Fails with `unavailable`, reason "resolve"; `timed_out`, reason "connect"; `cancelled`.
    asio::awaitable<Result<Addresses>> find(std::string host, SteadyTime deadline);

private:
    struct Lookup;
    std::shared_ptr<Lookup> begin(std::string const& host);
    void look_up(std::string const& host, Lookup& lookup);

    Blocking const blocking_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Lookup>> running_;
    bool closing_ = false;
    std::unique_ptr<Workers> workers_;  // from the first look-up on
};

/// The addresses of `host` as the system knows them; an address is its own. The look-ups of a loop
/// share its threads. Fails like `NameLookups::find()`.
asio::awaitable<Result<std::vector<asio::ip::address>>> resolve(std::string host,
                                                                SteadyTime deadline);

}  // namespace kaiwa::http
