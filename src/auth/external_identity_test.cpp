#include "auth/authenticator.hpp"
#include "auth/rules.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_user_store.hpp"
#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

#include <set>

namespace kaiwa::auth {
namespace {

using kaiwa::test::run_task;

class ExternalIdentityTest : public testing::Test {
protected:
    Result<Caller> recognise(std::string issuer, std::string subject, std::string name = {}) {
        return run_task(authenticator.recognise(
            ExternalIdentity{std::move(issuer), std::move(subject), std::move(name)}));
    }

    kaiwa::test::ManualClock clock;
    SystemRandom random;
    NullLog log;
    kaiwa::test::MemoryUserStore store;
    Passwords passwords{random};
    SignInThrottle throttle{clock};
    CredentialCache cache;
    Authenticator authenticator{store, passwords, throttle, cache, clock, random, log};
};

TEST_F(ExternalIdentityTest, MakesAUserWhenItIsFirstSeen) {
    auto const first = recognise("https://id.example", "sub-1", "Hana");
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(first->principal.role, UserRole::user);
    ASSERT_TRUE(first->user);
    EXPECT_EQ(first->user->name, "Hana");
    cache.clear();
    auto const again = recognise("https://id.example", "sub-1", "Another name");
    ASSERT_TRUE(again);
    EXPECT_EQ(again->principal.id, first->principal.id);
    EXPECT_EQ(store.accounts.size(), 1u);
    EXPECT_TRUE(store.accounts[0].password_hash.empty()) << "it cannot sign in by password";
}

TEST_F(ExternalIdentityTest, IsIssuerAndSubjectAndNothingElse) {
    std::set<UserId> ids;
    for (auto const& [issuer, subject] : {std::pair{"https://a.example", "1"},
                                         std::pair{"https://b.example", "1"},
                                         std::pair{"https://a.example", "2"},
                                         std::pair{"https://a.example1", ""},
                                         std::pair{"https://a.exampl", "e1"}}) {
        auto const caller = recognise(issuer, subject, "same@example.com");
        ASSERT_TRUE(caller);
        ids.insert(caller->principal.id);
    }
    EXPECT_EQ(ids.size(), 5u);
}

TEST_F(ExternalIdentityTest, IsNoUserThatAnAdministratorCanName) {
    auto const caller = recognise("https://id.example", "root", "root");
    ASSERT_TRUE(caller);
    EXPECT_FALSE(check_username(caller->principal.username));
    EXPECT_FALSE(check_username("anonymous:x"));
    EXPECT_TRUE(check_username("external"));
}

TEST_F(ExternalIdentityTest, StaysOutWhenItWasDisabled) {
    auto const caller = recognise("https://id.example", "sub-1");
    ASSERT_TRUE(caller);
    UserPatch patch;
    patch.disabled = true;
    ASSERT_TRUE(run_task(store.update_user(caller->principal.id, patch)));
    cache.clear();
    EXPECT_EQ(recognise("https://id.example", "sub-1").error().code, Errc::unauthenticated);
    EXPECT_FALSE(run_task(authenticator.check_again(caller->credential)));
    EXPECT_EQ(store.accounts.size(), 1u);
}

TEST_F(ExternalIdentityTest, ShowsNoNameThatCannotBeShown) {
    auto const caller = recognise("https://id.example", "sub-1", "a\xE2\x80\xAE name");
    ASSERT_TRUE(caller);
    EXPECT_EQ(caller->user->name, "sub-1");
}

TEST_F(ExternalIdentityTest, ProvesNothingWithoutACredential) {
    Credential const nothing{Credential::Kind::none, {}};
    EXPECT_EQ(run_task(authenticator.check_again(nothing)).error().code, Errc::unauthenticated);
}

}  // namespace
}  // namespace kaiwa::auth
