#include "store/gptgram/user_roles.hpp"

#include "tests/support/log_lines.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/scripted_calls.hpp"

#include <gtest/gtest.h>

namespace kaiwa::store::gptgram {
namespace {

using kaiwa::test::run_task;

class UserRolesTest : public testing::Test {
protected:
    json::value const& asked(std::size_t place) { return calls.asked.at(place).second; }

    kaiwa::test::ScriptedCalls calls;
    SystemRandom random;
    kaiwa::test::LogLines log;
    UserRoles roles{calls, "UserRoles", random, log};
};

TEST_F(UserRolesTest, ReadsTheRoleOfASubject) {
    calls.item({{"UserID", "sub-1"}, {"Role", "先生"}});
    EXPECT_EQ(*run_task(roles.role("sub-1")), "先生");
    EXPECT_EQ(asked(0).at("Key").at("UserID").at("S"), "sub-1");
    EXPECT_EQ(asked(0).at("TableName"), "UserRoles");
    EXPECT_EQ(*run_task(roles.role("sub-2")), std::nullopt);
}

TEST_F(UserRolesTest, ChangesTheRoleAlone) {
    calls.accept();
    ASSERT_TRUE(run_task(roles.put_role("sub-1", "先生")));
    EXPECT_EQ(calls.asked[0].first, "UpdateItem");
    EXPECT_TRUE(json::value_to<std::string>(asked(0).at("UpdateExpression")).starts_with("SET"));
    EXPECT_NE(json::serialize(asked(0)).find("先生"), std::string::npos);
}

TEST_F(UserRolesTest, RemovesTheItem) {
    ASSERT_TRUE(run_task(roles.remove_role("sub-1")));
    EXPECT_EQ(calls.asked[0].first, "DeleteItem");
    EXPECT_EQ(asked(0).at("Key").at("UserID").at("S"), "sub-1");
}

TEST_F(UserRolesTest, SaysWhichTableIsMissing) {
    calls.refuse("ResourceNotFoundException");
    auto const role = run_task(roles.role("sub-1"));
    ASSERT_FALSE(role);
    EXPECT_EQ(role.error().code, Errc::unavailable);
    EXPECT_FALSE(role.error().message.contains("UserRoles")) << "whoever asks need not know it";
    EXPECT_TRUE(log.text().contains("table=UserRoles")) << log.text();
    EXPECT_TRUE(log.text().contains("compat.gptgram.roles_table")) << log.text();
}

}  // namespace
}  // namespace kaiwa::store::gptgram
