#pragma once

#include "aws/secrets.hpp"
#include "base/wait.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace kaiwa::server {

/// The secrets that AWS keeps for us, each read when it is first needed and again every five
/// minutes when it is needed; one question at a time for each. While it cannot be read again, the
/// last good value is used. Thread-safe; the values are in memory only.
class SecretBook {
public:
    using Fetch =
        std::function<asio::awaitable<aws::Outcome<Secret>>(aws::SecretReference reference)>;

    SecretBook(Fetch fetch, Clock const& clock, Log& log)
        : fetch_(std::move(fetch)), clock_(clock), log_(log) {}

    /// The secret that `reference` ("secret:aws-ssm:…") names.
    /// Fails with `invalid_argument` (the reference), `unavailable` or `cancelled`; the message says
    /// what to do.
    asio::awaitable<Result<Secret>> get(std::string reference);

    /// The next call of each reads it again.
    void refresh();

private:
    class Flight;
    struct Entry {
        std::optional<Secret> value;
        Timestamp ask_at{};
        bool loading = false;
        std::string failure;
    };

    /// Writes down what came; the answer of who asked.
    Result<Secret> settle(Entry& entry, std::string const& reference,
                          aws::SecretReference::Keeper keeper,
                          aws::Outcome<Secret> const& fetched);

    Fetch fetch_;
    Clock const& clock_;
    Log& log_;
    std::mutex mutex_;
    Notifier changed_;
    std::map<std::string, Entry, std::less<>> entries_;  // an entry stays where it is
};

}  // namespace kaiwa::server
