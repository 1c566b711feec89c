#include "aws/cached_credentials.hpp"

#include <algorithm>
#include <utility>

namespace kaiwa::aws {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr minutes ask_before{15};
constexpr minutes wait_before{10};
constexpr seconds ask_again_after{60};
constexpr seconds longest_wait{60};
// Calls that were already under way with refused credentials must not throw away the new ones.
constexpr seconds surely_new{5};

/// Somebody asked to stop, not the source.
bool was_cancelled(Failure const& failure) { return failure.kind == Failure::Kind::cancelled; }

}  // namespace

CachedCredentials::Kept CachedCredentials::keep(Credentials credentials, Timestamp now) {
    Kept kept{std::move(credentials), now};
    auto const& end = kept.credentials.expires_at;
    if (!end) return kept;
    auto const life = *end - now;
    if (life > seconds(0) && life <= minutes(1)) {
        // However short the life is, a source is not asked with every call.
        kept.refresh_at = kept.wait_from =
            now + std::max<Timestamp::duration>(life * 3 / 4, surely_new);
        return kept;
    }
    if (life <= seconds(0)) {
        auto const extra = std::chrono::duration_cast<std::chrono::milliseconds>(
            random_.fraction() * minutes(3));
        kept.refresh_at = now + minutes(2) + extra;
        return kept;
    }
    kept.refresh_at = std::max(*end - ask_before, now + life / 2);
    kept.wait_from = std::max(*end - wait_before, *end - life / 4);
    return kept;
}

/// A source that renews nothing gives the same ones for ever.
void CachedCredentials::warn_if_expired(Credentials const& credentials, Timestamp now) {
    auto const& end = credentials.expires_at;
    if (!end || *end > now || warned_of_ == end) return;
    warned_of_ = end;
    log_.warning("aws_credentials_expired",
                 {{"source", credentials.source},
                  {"since", to_rfc3339(*end)},
                  {"reason", "the source has no newer ones; they are used all the same"}});
}

/// Ends the one question, also when the coroutine that asks is destroyed in mid-wait.
class CachedCredentials::Flight {
public:
    explicit Flight(CachedCredentials& owner) : owner_(owner) {}
    Flight(Flight const&) = delete;
    Flight& operator=(Flight const&) = delete;
    ~Flight() {
        {
            std::lock_guard const lock(owner_.mutex_);
            owner_.loading_ = false;
        }
        owner_.loaded_.notify_all();
    }

private:
    CachedCredentials& owner_;
};

asio::awaitable<Outcome<Credentials>> CachedCredentials::refresh() {
    auto loaded = co_await load_();
    std::lock_guard const lock(mutex_);
    auto const now = clock_.now();
    ++loads_;
    if (loaded) {
        kept_ = keep(*loaded, now);
        warn_if_expired(*loaded, now);
        refused_ = false;
        last_failure_.reset();
        co_return loaded;
    }
    auto const& failure = loaded.error();
    if (was_cancelled(failure)) {
        --loads_;  // it was no answer
        co_return loaded;
    }
    last_failure_ = failure;
    auto const& end = kept_ ? kept_->credentials.expires_at : std::nullopt;
    if (!kept_ || refused_ || (end && *end <= now)) co_return loaded;
    log_.warning("aws_credentials_not_refreshed",
                 {{"source", kept_->credentials.source}, {"reason", failure.message}});
    Timestamp const again = now + ask_again_after;
    kept_->refresh_at = again;
    kept_->wait_from = std::max(kept_->wait_from, end ? std::min(again, *end) : again);
    co_return kept_->credentials;
}

asio::awaitable<Outcome<Credentials>> CachedCredentials::credentials() {
    auto const loop = co_await asio::this_coro::executor;
    auto const deadline = std::chrono::steady_clock::now() + longest_wait;
    std::optional<std::uint64_t> waited_since;
    for (;;) {
        std::unique_lock lock(mutex_);
        auto const now = clock_.now();
        bool const usable = kept_ && !refused_ && now < kept_->wait_from;
        if (usable && (now < kept_->refresh_at || loading_)) co_return kept_->credentials;
        // The answer that was waited for was a failure: asking at once again gives the same.
        bool const answered = waited_since && loads_ != *waited_since;
        if (answered && last_failure_) co_return std::unexpected(*last_failure_);
        if (!loading_) {
            loading_ = true;
            lock.unlock();
            Flight const flight(*this);
            co_return co_await refresh();
        }
        auto const waiter = loaded_.prepare(loop);
        waited_since = loads_;
        lock.unlock();
        bool const notified = co_await waiter->wait_until(deadline);
        if (!notified) {
            bool const stopped = co_await stop_requested();
            if (stopped) co_return fail(Failure::Kind::cancelled, "the call was stopped");
            auto late = fail(Failure::Kind::credentials, "asking for credentials takes too long");
            late.error().source_is_away = true;
            co_return late;
        }
    }
}

void CachedCredentials::invalidate() {
    std::lock_guard const lock(mutex_);
    if (kept_ && clock_.now() - kept_->loaded_at >= surely_new) refused_ = true;
}

}  // namespace kaiwa::aws
