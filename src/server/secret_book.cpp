#include "server/secret_book.hpp"

#include <fmt/format.h>

#include <utility>

namespace kaiwa::server {

namespace {

constexpr std::chrono::minutes ask_again_after{5};
constexpr std::chrono::minutes try_again_after{1};
constexpr std::chrono::seconds try_first_again_after{10};
constexpr std::chrono::seconds longest_wait{60};

std::string_view name_of(aws::SecretReference::Keeper keeper) {
    return keeper == aws::SecretReference::Keeper::secrets_manager ? "Secrets Manager"
                                                                   : "Parameter Store";
}

}  // namespace

/// Ends the question for one secret, also when the coroutine that asks is destroyed in mid-wait.
class SecretBook::Flight {
public:
    Flight(SecretBook& book, Entry& entry) : book_(book), entry_(entry) {}
    Flight(Flight const&) = delete;
    Flight& operator=(Flight const&) = delete;
    ~Flight() {
        {
            std::lock_guard const lock(book_.mutex_);
            entry_.loading = false;
        }
        book_.changed_.notify_all();
    }

private:
    SecretBook& book_;
    Entry& entry_;
};

asio::awaitable<Result<Secret>> SecretBook::get(std::string reference) {
    auto const parsed = aws::parse_secret_reference(reference);
    if (!parsed) co_return std::unexpected(parsed.error());
    auto const loop = co_await asio::this_coro::executor;
    auto const deadline = std::chrono::steady_clock::now() + longest_wait;
    for (;;) {
        std::unique_lock lock(mutex_);
        auto& entry = entries_[reference];
        bool const is_due = clock_.now() >= entry.ask_at;
        if (entry.value && (!is_due || entry.loading)) co_return *entry.value;
        if (!entry.value && !is_due && !entry.loading) {
            co_return fail(Errc::unavailable, entry.failure);
        }
        if (entry.loading) {
            auto const waiter = changed_.prepare(loop);
            lock.unlock();
            bool const notified = co_await waiter->wait_until(deadline);
            if (notified) continue;
            bool const stopped = co_await stop_requested();
            co_return fail(stopped ? Errc::cancelled : Errc::unavailable,
                           fmt::format("reading {} takes too long", reference));
        }
        entry.loading = true;
        lock.unlock();
        Flight const flight(*this, entry);
        auto const fetched = co_await fetch_(*parsed);
        co_return settle(entry, reference, parsed->keeper, fetched);
    }
}

Result<Secret> SecretBook::settle(Entry& entry, std::string const& reference,
                                  aws::SecretReference::Keeper keeper,
                                  aws::Outcome<Secret> const& fetched) {
    std::lock_guard const lock(mutex_);
    auto const now = clock_.now();
    if (fetched) {
        entry.value = *fetched;
        entry.ask_at = now + ask_again_after;
        return *entry.value;
    }
    auto error = aws::to_error(fetched.error(), name_of(keeper));
    if (error.code == Errc::cancelled) return std::unexpected(std::move(error));
    entry.failure = fmt::format("the secret {} cannot be read: {}", reference, error.message);
    entry.ask_at =
        now + (entry.value ? std::chrono::seconds(try_again_after) : try_first_again_after);
    log_.warning("secret_not_read", {{"secret", reference}, {"reason", error.message}});
    if (entry.value) return *entry.value;
    return fail(Errc::unavailable, entry.failure);
}

void SecretBook::refresh() {
    std::lock_guard const lock(mutex_);
    for (auto& [reference, entry] : entries_) entry.ask_at = Timestamp{};
}

}  // namespace kaiwa::server
