#include "auth/passwords.hpp"

#include <sys/resource.h>
#include <unistd.h>

namespace kaiwa::auth {
namespace {

// Less urgent than the loops, which keep their share of a core; not so little that other busy
// programs of the machine keep people from signing in.
constexpr int hashing_nice = 4;

void yield_to_loops() {
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), hashing_nice);
}

}  // namespace

Passwords::Passwords(Random& random) : random_(random), workers_("passwords", 2, max_waiting) {}

asio::awaitable<Result<std::string>> Passwords::hash(Secret password) {
    auto work = [this, password = std::move(password)] {
        yield_to_loops();
        return hash_password(password, random_);
    };
    co_return co_await workers_.run(std::move(work));
}

asio::awaitable<Result<Passwords::Comparison>> Passwords::compare(Secret password,
                                                                  std::string stored,
                                                                  Admission admission) {
    auto work = [this, password = std::move(password), stored = std::move(stored),
                 admission = std::move(admission)]() -> Result<Comparison> {
        if (auto admitted = admission(); !admitted) return std::unexpected(admitted.error());
        yield_to_loops();
        Comparison comparison{match_password(password, stored), std::nullopt};
        if (comparison.match != PasswordMatch::outdated) return comparison;
        auto hashed = hash_password(password, random_);
        if (!hashed) return std::unexpected(hashed.error());
        comparison.new_hash = std::move(*hashed);
        return comparison;
    };
    co_return co_await workers_.run(std::move(work));
}

}  // namespace kaiwa::auth
