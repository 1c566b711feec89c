#include "auth/first_administrator.hpp"

#include "base/crypto.hpp"

namespace kaiwa::auth {
namespace {

constexpr std::size_t token_bytes = 32;

std::unexpected<Error> setup_done() {
    return fail(Errc::conflict, "there is an administrator already; sign in", "setup_done");
}

}  // namespace

FirstAdministrator::FirstAdministrator(UserStore& store, Passwords& passwords, Clock const& clock,
                                       Random& random)
    : store_(store), passwords_(passwords), clock_(clock), random_(random) {}

asio::awaitable<Result<bool>> FirstAdministrator::needed() {
    auto exists = co_await store_.has_administrator();
    if (!exists) co_return std::unexpected(exists.error());
    co_return !*exists;
}

Secret FirstAdministrator::issue_token() {
    Secret token(random_.token(token_bytes));
    std::scoped_lock const lock(mutex_);
    token_ = token;
    return token;
}

bool FirstAdministrator::is_token(std::string_view token) {
    std::scoped_lock const lock(mutex_);
    return token_ && same_secret(token, token_->reveal());
}

asio::awaitable<Result<User>> FirstAdministrator::create(std::string token, NewUser user) {
    auto open = co_await needed();
    if (!open) co_return std::unexpected(open.error());
    if (!*open) co_return setup_done();
    if (!is_token(token))
        co_return fail(Errc::forbidden,
                       "this link is not valid; open the one that the server printed at its start",
                       "wrong_setup_token");

    user.role = UserRole::administrator;
    auto made = co_await make_user(std::move(user), passwords_, clock_, random_);
    if (!made) co_return std::unexpected(made.error());
    if (auto added = co_await store_.add_first_administrator(*made); !added)
        co_return std::unexpected(added.error());
    {
        std::scoped_lock const lock(mutex_);
        token_.reset();
    }
    co_return std::move(made->user);
}

asio::awaitable<Result<std::optional<User>>> FirstAdministrator::create_from_environment(
    std::string username, Secret password) {
    auto open = co_await needed();
    if (!open) co_return std::unexpected(open.error());
    if (!*open) co_return std::nullopt;

    NewUser user{std::move(username), {}, UserRole::administrator, std::move(password)};
    auto made = co_await make_user(std::move(user), passwords_, clock_, random_);
    if (!made) co_return std::unexpected(made.error());
    auto added = co_await store_.add_first_administrator(*made);
    if (!added && added.error().reason == "setup_done") co_return std::nullopt;
    if (!added) co_return std::unexpected(added.error());
    co_return std::move(made->user);
}

}  // namespace kaiwa::auth
