#include "auth/user_administration.hpp"

#include "auth/rules.hpp"

#include <fmt/format.h>

namespace kaiwa::auth {
namespace {

Result<void> check_administrator(Principal const& who) {
    if (who.is_administrator()) return {};
    return fail(Errc::forbidden, "only administrators may do this");
}

}  // namespace

std::string_view to_string(UserRole role) {
    switch (role) {
        case UserRole::user:
            return "user";
        case UserRole::publisher:
            return "publisher";
        case UserRole::administrator:
            return "administrator";
    }
    return "user";
}

std::optional<UserRole> parse_user_role(std::string_view text) {
    for (auto const role : {UserRole::user, UserRole::publisher, UserRole::administrator})
        if (text == to_string(role)) return role;
    return std::nullopt;
}

Principal machine_principal() {
    return {UserId{}, "key:machine", UserRole::administrator};
}

UserAdministration::UserAdministration(UserStore& store, Passwords& passwords,
                                       CredentialCache& cache, Clock const& clock, Random& random)
    : store_(store), passwords_(passwords), cache_(cache), clock_(clock), random_(random) {}

asio::awaitable<Result<Page<User>>> UserAdministration::users(Principal who, UserQuery query) {
    if (auto may = check_administrator(who); !may) co_return std::unexpected(may.error());
    co_return co_await store_.users(std::move(query));
}

asio::awaitable<Result<User>> UserAdministration::user(Principal who, UserId id) {
    if (auto may = check_administrator(who); !may) co_return std::unexpected(may.error());
    auto found = co_await store_.user(id);
    if (!found) co_return std::unexpected(found.error());
    co_return std::move(found->user);
}

asio::awaitable<Result<User>> UserAdministration::user_by_name(Principal who,
                                                               std::string username) {
    if (auto may = check_administrator(who); !may) co_return std::unexpected(may.error());
    auto found = co_await store_.user_by_name(std::move(username));
    if (!found) co_return std::unexpected(found.error());
    co_return std::move(found->user);
}

asio::awaitable<Result<User>> UserAdministration::add_user(Principal who, NewUser user) {
    if (auto may = check_administrator(who); !may) co_return std::unexpected(may.error());
    if (auto good = check_username(user.username); !good) co_return std::unexpected(good.error());
    auto const similar = co_await store_.similar_username(user.username);
    if (!similar) co_return std::unexpected(similar.error());
    if (*similar)
        co_return fail(Errc::conflict,
                       fmt::format("the username is taken, as {}; choose another", **similar),
                       "username_taken");
    auto made = co_await make_user(std::move(user), passwords_, clock_, random_);
    if (!made) co_return std::unexpected(made.error());
    if (auto added = co_await store_.add_user(*made); !added)
        co_return std::unexpected(added.error());
    co_return std::move(made->user);
}

asio::awaitable<Result<User>> UserAdministration::update_user(Principal who, UserId id,
                                                              UserPatch patch) {
    if (auto may = check_administrator(who); !may) co_return std::unexpected(may.error());
    if (patch.name)
        if (auto good = check_shown_name(*patch.name); !good)
            co_return std::unexpected(good.error());
    auto updated = co_await store_.update_user(id, std::move(patch));
    cache_.clear();
    co_return updated;
}

asio::awaitable<Result<void>> UserAdministration::set_password(Principal who, UserId id,
                                                               Secret password) {
    if (auto may = check_administrator(who); !may) co_return may;
    if (auto good = check_new_password(password); !good) co_return good;
    if (auto found = co_await store_.user(id); !found) co_return std::unexpected(found.error());
    auto hash = co_await passwords_.hash(std::move(password));
    if (!hash) co_return std::unexpected(hash.error());
    auto set = co_await store_.set_password(id, std::move(*hash), std::nullopt, std::nullopt);
    cache_.clear();
    co_return set;
}

asio::awaitable<Result<void>> UserAdministration::delete_user(Principal who, UserId id) {
    if (auto may = check_administrator(who); !may) co_return may;
    auto deleted = co_await store_.delete_user(id);
    cache_.clear();
    co_return deleted;
}

asio::awaitable<Result<NewApiKey>> UserAdministration::add_key(
    Principal who, std::string name, std::optional<std::string> username) {
    if (auto may = check_administrator(who); !may) co_return std::unexpected(may.error());
    if (name.empty()) co_return fail(Errc::invalid_argument, "the name must not be empty");
    if (auto good = check_shown_name(name); !good) co_return std::unexpected(good.error());
    std::optional<UserId> owner;
    if (username) {
        auto user = co_await store_.user_by_name(std::move(*username));
        if (!user) co_return std::unexpected(user.error());
        owner = user->user.id;
    }
    auto made = make_api_key(std::move(name), owner, clock_, random_);
    if (auto added = co_await store_.add_key(made.key); !added)
        co_return std::unexpected(added.error());
    co_return made;
}

asio::awaitable<Result<std::vector<ApiKey>>> UserAdministration::keys(Principal who) {
    if (auto may = check_administrator(who); !may) co_return std::unexpected(may.error());
    co_return co_await store_.keys(std::nullopt);
}

asio::awaitable<Result<void>> UserAdministration::revoke_key(Principal who, ApiKey key) {
    if (auto may = check_administrator(who); !may) co_return may;
    auto revoked = co_await store_.revoke_key(key.user, key.id);
    cache_.clear();
    co_return revoked;
}

}  // namespace kaiwa::auth
