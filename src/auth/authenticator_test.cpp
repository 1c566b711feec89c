#include "auth/authenticator.hpp"

#include "auth/first_administrator.hpp"
#include "auth/user_administration.hpp"
#include "base/crypto.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_user_store.hpp"
#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

namespace kaiwa::auth {
namespace {

using test::run_task;
using namespace std::chrono_literals;

class AuthenticatorTest : public testing::Test {
protected:
    test::ManualClock clock;
    SystemRandom random;
    NullLog log;
    test::MemoryUserStore store;
    Passwords passwords{random};
    SignInThrottle throttle{clock};
    CredentialCache cache;
    Authenticator authenticator{store, passwords, throttle, cache, clock, random, log};
    UserAdministration administration{store, passwords, cache, clock, random};
    asio::ip::address const here = asio::ip::make_address("192.0.2.7");

    User add(std::string username, UserRole role = UserRole::user) {
        NewUser user{std::move(username), {}, role, Secret("correct horse")};
        return run_task(administration.add_user(machine_principal(), std::move(user))).value();
    }
    Result<SignedIn> sign_in(std::string username, std::string password,
                             std::string replaced = {}) {
        return run_task(authenticator.sign_in({std::move(username), Secret(std::move(password)),
                                               here, "a browser", std::move(replaced)}));
    }
    Result<Caller> check(Secret const& token) {
        return run_task(authenticator.check_session(token.reveal()));
    }
};

TEST_F(AuthenticatorTest, SignsInWithTheRightPasswordAndKeepsOnlyTheHashOfTheToken) {
    auto const alice = add("alice");

    auto const signed_in = sign_in("alice", "correct horse").value();

    EXPECT_EQ(signed_in.token.reveal().size(), 43u);
    EXPECT_EQ(store.open_sessions.at(0).token_hash.size(), 32u);
    EXPECT_NE(store.open_sessions.at(0).token_hash, signed_in.token.reveal());
    auto const caller = check(signed_in.token).value();
    EXPECT_EQ(caller.principal.id, alice.id);
    EXPECT_EQ(caller.session, signed_in.session.id);
}

TEST_F(AuthenticatorTest, RefusesAWrongPasswordAnUnknownAndADisabledUserAlike) {
    add("root", UserRole::administrator);
    auto const bob = add("bob");
    UserPatch const disable{.name = {}, .role = {}, .disabled = true};
    run_task(administration.update_user(machine_principal(), bob.id, disable)).value();

    for (auto const& [username, password] : std::vector<std::pair<std::string, std::string>>{
             {"root", "wrong horse"}, {"nobody", "correct horse"}, {"bob", "correct horse"}}) {
        SCOPED_TRACE(username);
        auto const refused = sign_in(username, password);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Errc::unauthenticated);
        EXPECT_EQ(refused.error().reason, "wrong_credentials");
        EXPECT_EQ(refused.error().message, "the username or the password is wrong");
    }
}

TEST_F(AuthenticatorTest, ReplacesAnImportedHashAtTheFirstSignIn) {
    auto const digest = hex(sha256("old password"));
    for (auto const& stored : {"sha256:" + digest, digest}) {
        SCOPED_TRACE(stored);
        auto const user = add("imported" + std::to_string(store.accounts.size()));
        store.accounts.back().password_hash = stored;

        EXPECT_FALSE(sign_in(user.username, "another password"));
        EXPECT_EQ(store.accounts.back().password_hash, stored);
        EXPECT_TRUE(sign_in(user.username, "old password"));
        EXPECT_TRUE(
            store.accounts.back().password_hash.starts_with("$argon2id$v=19$m=65536,t=2,p=1$"));
        EXPECT_TRUE(sign_in(user.username, "old password"));
    }
}

TEST_F(AuthenticatorTest, EndsASessionThatIsIdleOrOld) {
    add("alice");
    auto const idle = sign_in("alice", "correct horse").value();
    clock.advance(Authenticator::idle_timeout);
    EXPECT_EQ(check(idle.token).error().code, Errc::unauthenticated);

    auto const old = sign_in("alice", "correct horse").value();
    for (int day = 0; day < 29; ++day) {
        clock.advance(24h);
        cache.clear();
        ASSERT_TRUE(check(old.token)) << "day " << day;
    }
    clock.advance(24h);
    cache.clear();
    EXPECT_FALSE(check(old.token));
}

TEST_F(AuthenticatorTest, AClockThatJumpsAheadAndBackEndsNoSession) {
    add("alice");
    auto const session = sign_in("alice", "correct horse").value();
    clock.advance(Authenticator::idle_timeout);
    EXPECT_EQ(check(session.token).error().code, Errc::unauthenticated);
    clock.advance(-Authenticator::idle_timeout);
    EXPECT_TRUE(check(session.token));
}

TEST_F(AuthenticatorTest, WritesTheLastUseAtMostOnceAMinute) {
    add("alice");
    auto const session = sign_in("alice", "correct horse").value();
    for (int second = 0; second < 150; ++second) {
        clock.advance(1s);
        cache.clear();
        ASSERT_TRUE(check(session.token));
    }
    EXPECT_EQ(store.touches, 2);
}

TEST_F(AuthenticatorTest, ReplacesTheSessionOfTheBrowserThatSignsInAgain) {
    add("alice");
    auto const first = sign_in("alice", "correct horse").value();
    auto const second = sign_in("alice", "correct horse", first.token.reveal()).value();

    EXPECT_FALSE(check(first.token));
    EXPECT_TRUE(check(second.token));
}

TEST_F(AuthenticatorTest, ASignInThatIsOvertakenByAResetOrADisablingGetsNoSession) {
    add("root", UserRole::administrator);
    auto const alice = add("alice");
    auto const machine = machine_principal();
    std::vector<std::function<void()>> const overtaking = {
        [&] {
            run_task(administration.set_password(machine, alice.id, Secret("battery staple")))
                .value();
        },
        [&] {
            UserPatch const disable{.name = {}, .role = {}, .disabled = true};
            run_task(administration.update_user(machine, alice.id, disable)).value();
        }};
    for (std::string password = "correct horse"; auto const& overtake : overtaking) {
        // Between the reading of the hash and the end of the comparison.
        store.after_lookup = overtake;
        auto const refused = sign_in("alice", password);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().reason, "wrong_credentials");
        EXPECT_TRUE(store.open_sessions.empty());
        password = "battery staple";
    }
}

TEST_F(AuthenticatorTest, ForgetsACachedCallerAtEveryRevocation) {
    add("root", UserRole::administrator);
    auto const alice = add("alice");
    auto const machine = machine_principal();
    std::vector<std::function<void(Caller const&)>> const revocations = {
        [&](Caller const& caller) { run_task(authenticator.sign_out(caller)).value(); },
        [&](Caller const&) {
            UserPatch const disable{.name = {}, .role = {}, .disabled = true};
            UserPatch const enable{.name = {}, .role = {}, .disabled = false};
            run_task(administration.update_user(machine, alice.id, disable)).value();
            run_task(administration.update_user(machine, alice.id, enable)).value();
        },
        [&](Caller const&) {
            run_task(administration.set_password(machine, alice.id, Secret("correct horse")))
                .value();
        },
        [&](Caller const&) { run_task(administration.delete_user(machine, alice.id)).value(); }};
    for (auto const& revoke : revocations) {
        auto const session = sign_in("alice", "correct horse").value();
        auto const caller = check(session.token).value();
        auto const reads = store.session_reads;
        ASSERT_TRUE(check(session.token));
        EXPECT_EQ(store.session_reads, reads) << "the second check is answered from memory";
        revoke(caller);
        EXPECT_EQ(check(session.token).error().code, Errc::unauthenticated);
        EXPECT_FALSE(run_task(authenticator.check_again(caller.credential)));
    }
}

TEST_F(AuthenticatorTest, ChangesThePasswordAndEndsTheOtherSessions) {
    add("alice");
    auto const here_session = sign_in("alice", "correct horse").value();
    auto const other = sign_in("alice", "correct horse").value();
    auto const caller = check(here_session.token).value();
    auto const change = [&](char const* current, char const* next) {
        return run_task(authenticator.change_password(caller, Secret(current), Secret(next), here));
    };

    EXPECT_EQ(change("wrong horse", "battery staple").error().reason, "wrong_credentials");
    EXPECT_EQ(change("correct horse", "short").error().code, Errc::invalid_argument);
    EXPECT_TRUE(change("correct horse", "battery staple"));

    EXPECT_TRUE(check(here_session.token));
    EXPECT_FALSE(check(other.token));
    EXPECT_FALSE(sign_in("alice", "correct horse"));
    EXPECT_TRUE(sign_in("alice", "battery staple"));
}

TEST_F(AuthenticatorTest, ChecksKeysOfUsersAndKeysThatStandForThemselves) {
    auto const alice = add("alice", UserRole::publisher);
    auto const own =
        run_task(administration.add_key(machine_principal(), "ci", std::nullopt)).value();
    auto const hers =
        run_task(administration.add_key(machine_principal(), "laptop", "alice")).value();

    auto const machine = run_task(authenticator.check_key(own.text.reveal())).value();
    EXPECT_EQ(own.text.reveal().size(), 46u);
    EXPECT_EQ(machine.principal.id.value, own.key.id.value);
    EXPECT_EQ(machine.principal.username, "key:ci");
    EXPECT_EQ(machine.principal.role, UserRole::user);
    EXPECT_EQ(run_task(authenticator.add_key(machine, "more")).error().code, Errc::forbidden);

    auto const person = run_task(authenticator.check_key(hers.text.reveal())).value();
    EXPECT_EQ(person.principal.id, alice.id);
    EXPECT_EQ(person.principal.role, UserRole::publisher);

    run_task(authenticator.revoke_key(person, hers.key.id)).value();
    EXPECT_FALSE(run_task(authenticator.check_key(hers.text.reveal())));
    EXPECT_FALSE(run_task(authenticator.check_key("kw_" + std::string(43, 'a'))));
    EXPECT_FALSE(run_task(authenticator.check_key("")));
}

TEST_F(AuthenticatorTest, KeepsKeysOfOneUserFromAnother) {
    add("alice");
    add("mallory");
    auto const caller = [&](char const* name) {
        return check(sign_in(name, "correct horse").value().token).value();
    };
    auto const key = run_task(authenticator.add_key(caller("alice"), "mine")).value();

    EXPECT_TRUE(run_task(authenticator.keys(caller("mallory"))).value().empty());
    EXPECT_EQ(run_task(authenticator.revoke_key(caller("mallory"), key.key.id)).error().code,
              Errc::not_found);
    EXPECT_TRUE(run_task(authenticator.check_key(key.text.reveal())));
}

asio::awaitable<int> many_wrong_sign_ins(Authenticator& authenticator, asio::ip::address from) {
    auto const loop = co_await asio::this_coro::executor;
    auto hashed = std::make_shared<int>(0);
    auto left = std::make_shared<int>(1000);
    auto attempt = [](Authenticator& to, asio::ip::address address, int number,
                      std::shared_ptr<int> wrong,
                      std::shared_ptr<int> open) -> asio::awaitable<void> {
        SignIn sign_in{"user" + std::to_string(number), Secret("wrong horse"), address, "", ""};
        auto const refused = co_await to.sign_in(std::move(sign_in));
        if (refused.error().code == Errc::unauthenticated) ++*wrong;
        --*open;
    };
    for (int i = 0; i < 1000; ++i)
        asio::co_spawn(loop, attempt(authenticator, from, i, hashed, left),
                       [](std::exception_ptr) {});
    while (*left > 0) {
        asio::steady_timer pause(loop, 5ms);
        co_await pause.async_wait(asio::use_awaitable);
    }
    co_return *hashed;
}

TEST_F(AuthenticatorTest, HashesOnlyAFewOfAThousandWrongSignInsAtOnce) {
    auto const hashed = run_task(many_wrong_sign_ins(authenticator, here));

    EXPECT_GE(hashed, static_cast<int>(SignInThrottle::network_failures));
    EXPECT_LE(hashed, static_cast<int>(SignInThrottle::network_failures) + 2);
    EXPECT_GT(authenticator.sign_in_pause("anybody", here), 0s);
}

TEST_F(AuthenticatorTest, ANewUserIsNotCalledLikeOneThatIsThere) {
    NewUser same{"HANA", "", UserRole::user, Secret("a good long password")};
    NewUser first{"hana", "", UserRole::user, Secret("a good long password")};
    ASSERT_TRUE(run_task(administration.add_user(machine_principal(), std::move(first))));
    auto const refused = run_task(administration.add_user(machine_principal(), std::move(same)));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, "username_taken");
    EXPECT_TRUE(refused.error().message.contains("hana")) << refused.error().message;
}

TEST_F(AuthenticatorTest, RefusesWhatOnlyAdministratorsMayDo) {
    auto const root = add("root", UserRole::administrator);
    auto const user = add("user");
    Principal const who{user.id, user.username, user.role};

    EXPECT_EQ(run_task(administration.users(who, {})).error().code, Errc::forbidden);
    EXPECT_EQ(run_task(administration.delete_user(who, root.id)).error().code, Errc::forbidden);
    EXPECT_EQ(
        run_task(administration.set_password(who, root.id, Secret("battery staple"))).error().code,
        Errc::forbidden);
    EXPECT_EQ(run_task(administration.delete_user(machine_principal(), root.id)).error().reason,
              "last_administrator");
}

class FirstAdministratorTest : public AuthenticatorTest {
protected:
    FirstAdministrator first{store, passwords, clock, random};
    NewUser root{"root", "", UserRole::user, Secret("correct horse")};
};

TEST_F(FirstAdministratorTest, TakesTheTokenOnce) {
    EXPECT_EQ(run_task(first.create("", root)).error().reason, "wrong_setup_token");
    auto const token = first.issue_token();
    EXPECT_EQ(run_task(first.create(token.reveal() + "x", root)).error().reason,
              "wrong_setup_token");

    auto weak = root;
    weak.password = Secret("short");
    EXPECT_EQ(run_task(first.create(token.reveal(), weak)).error().code, Errc::invalid_argument);

    auto const made = run_task(first.create(token.reveal(), root)).value();
    EXPECT_EQ(made.role, UserRole::administrator);
    EXPECT_FALSE(run_task(first.needed()).value());
    EXPECT_EQ(run_task(first.create(token.reveal(), root)).error().reason, "setup_done");
}

TEST_F(FirstAdministratorTest, IgnoresTheEnvironmentOnceThereIsAnAdministrator) {
    auto const made =
        run_task(first.create_from_environment("admin", Secret("correct horse"))).value();
    ASSERT_TRUE(made);
    EXPECT_FALSE(run_task(first.create_from_environment("admin", Secret("another horse"))).value());
    EXPECT_TRUE(sign_in("admin", "correct horse"));
    EXPECT_FALSE(sign_in("admin", "another horse"));
}

}  // namespace
}  // namespace kaiwa::auth
