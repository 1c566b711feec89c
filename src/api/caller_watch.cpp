#include "api/caller_watch.hpp"

namespace kaiwa::api {

asio::awaitable<Result<void>> CallerWatch::check() {
    if (std::chrono::steady_clock::now() < due_) co_return Result<void>{};
    co_return co_await check_now();
}

asio::awaitable<Result<void>> CallerWatch::check_now() {
    if (credential_.kind == auth::Credential::Kind::none) {
        due_ = next();
        co_return Result<void>{};
    }
    auto const caller = co_await services_.authenticator.check_again(credential_);
    due_ = next();
    bool const revoked = !caller && caller.error().code == Errc::unauthenticated;
    if (revoked) co_return std::unexpected(caller.error());
    co_return Result<void>{};
}

}  // namespace kaiwa::api
