#include "auth/new_user.hpp"

#include "auth/rules.hpp"

namespace kaiwa::auth {

asio::awaitable<Result<UserWithPassword>> make_user(NewUser user, Passwords& passwords,
                                                    Clock const& clock, Random& random) {
    if (auto good = check_username(user.username); !good) co_return std::unexpected(good.error());
    if (auto good = check_shown_name(user.name); !good) co_return std::unexpected(good.error());
    if (auto good = check_new_password(user.password); !good)
        co_return std::unexpected(good.error());
    auto hash = co_await passwords.hash(std::move(user.password));
    if (!hash) co_return std::unexpected(hash.error());
    User made{.id = UserId{make_uuid7(clock, random)},
              .username = std::move(user.username),
              .name = std::move(user.name),
              .role = user.role,
              .disabled = false,
              .created_at = clock.now(),
              .last_seen_at = std::nullopt};
    co_return UserWithPassword{std::move(made), std::move(*hash)};
}

}  // namespace kaiwa::auth
