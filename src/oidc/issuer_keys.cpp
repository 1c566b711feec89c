#include "oidc/issuer_keys.hpp"

#include "oidc/discovery.hpp"

namespace kaiwa::oidc {

/// The one fetch of an issuer that is under way; its end, however it comes, wakes who waits.
class IssuerKeys::Fetching {
public:
    Fetching(std::mutex& mutex, std::shared_ptr<Issuer> issuer)
        : mutex_(mutex), issuer_(std::move(issuer)) {}
    Fetching(Fetching const&) = delete;
    Fetching& operator=(Fetching const&) = delete;
    ~Fetching() {
        {
            std::lock_guard const lock(mutex_);
            issuer_->fetching = false;
        }
        issuer_->done.notify_all();
    }

private:
    std::mutex& mutex_;
    std::shared_ptr<Issuer> issuer_;
};

std::shared_ptr<IssuerKeys::Issuer> IssuerKeys::issuer(std::string const& name) {
    std::lock_guard const lock(mutex_);
    auto& found = issuers_[name];
    if (!found) found = std::make_shared<Issuer>();
    return found;
}

/// Whether what is known will do, or must do for now.
bool IssuerKeys::is_good(Issuer const& issuer, Freshness freshness) const {
    auto const since_try = clock_.now() - issuer.tried_at;
    if (!issuer.keys) return issuer.failure && since_try < pause_after_failure;
    if (freshness == Freshness::fetched) return since_try < pause;
    // Somebody asks already.
    if (issuer.fetching && clock_.now() - issuer.fetched_at < forget_after) return true;
    return clock_.now() - issuer.fetched_at < refresh_after || since_try < pause;
}

asio::awaitable<Result<IssuerKeys::Keys>> IssuerKeys::keys(std::string name, Freshness freshness) {
    auto const known = issuer(name);
    auto const loop = co_await asio::this_coro::executor;
    auto const deadline = std::chrono::steady_clock::now() + patience;
    std::unique_lock lock(mutex_);
    while (!is_good(*known, freshness) && known->fetching) {
        auto waiter = known->done.prepare(loop);
        lock.unlock();
        if (!co_await waiter->wait_until(deadline))
            co_return fail(Errc::unavailable, "the issuer's keys are still being fetched");
        lock.lock();
    }
    if (is_good(*known, freshness)) {
        if (known->keys) co_return known->keys;
        co_return std::unexpected(*known->failure);
    }
    known->fetching = true;
    bool const spare = freshness == Freshness::kept && known->keys &&
                       clock_.now() - known->fetched_at < forget_after;
    lock.unlock();
    Fetching const fetching(mutex_, known);
    auto const patient = spare ? refresh_patience : question_patience;
    auto fetched = co_await fetch_keys(name, patient);

    if (!fetched && fetched.error().code == Errc::cancelled)
        co_return std::unexpected(fetched.error());
    lock.lock();
    auto const now = clock_.now();
    known->tried_at = now;
    if (fetched) {
        known->keys = *fetched;
        known->fetched_at = now;
        known->failure.reset();
    } else {
        known->failure = Error{Errc::unavailable,
                               "the issuer of the token cannot be asked now; the server's log says "
                               "why",
                               {}};
        if (now - known->fetched_at >= forget_after) known->keys.reset();
    }
    auto const keys = known->keys;
    auto told = known->failure;
    lock.unlock();
    if (fetched) co_return keys;
    log_.warning("issuer_keys_not_fetched",
                 {{"issuer", name}, {"reason", fetched.error().message}});
    if (keys) co_return keys;
    co_return std::unexpected(std::move(*told));
}

asio::awaitable<Result<IssuerKeys::Keys>> IssuerKeys::fetch_keys(
    std::string name, std::chrono::milliseconds patient) {
    auto discovery = co_await discover(transport_, name, patient);
    if (!discovery) co_return std::unexpected(discovery.error());
    auto body = co_await fetch(transport_, discovery->jwks_uri, patient);
    if (!body) co_return std::unexpected(body.error());
    auto set = auth::KeySet::parse(*body);
    if (!set) co_return fail(Errc::unavailable, discovery->jwks_uri + ": " + set.error().message);
    co_return std::make_shared<auth::KeySet const>(std::move(*set));
}

}  // namespace kaiwa::oidc
