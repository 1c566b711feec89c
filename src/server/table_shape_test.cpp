#include "server/table_shape.hpp"

#include <gtest/gtest.h>

namespace kaiwa::server {
namespace {

std::string misfit_of(std::string_view table, TableShape const& shape) {
    return misfit(parse_json(std::string(R"({"Table":)") + std::string(table) + "}").value(), shape);
}

constexpr std::string_view pair =
    R"("KeySchema":[{"AttributeName":"SK","KeyType":"RANGE"},{"AttributeName":"PK","KeyType":"HASH"}])";
constexpr std::string_view session =
    R"("KeySchema":[{"AttributeName":"SessionId","KeyType":"HASH"}])";

TEST(TableShape, IsThatOfTheKeysAndTheIndex) {
    auto const with_index = "{" + std::string(pair) +
                            R"(,"GlobalSecondaryIndexes":[{"IndexName":"x"},{"IndexName":"UserThread"}]})";
    EXPECT_EQ(misfit_of(with_index, chat_table_shape), "");
    EXPECT_EQ(misfit_of("{" + std::string(session) + "}", history_table_shape), "");

    EXPECT_EQ(misfit_of("{" + std::string(pair) + "}", chat_table_shape),
              "it lacks the global secondary index UserThread");
    EXPECT_EQ(misfit_of("{" + std::string(session) + "}", chat_table_shape),
              "it has the hash key SessionId, where the keys PK and SK are needed");
    EXPECT_EQ(misfit_of(with_index, history_table_shape),
              "it has the keys PK and SK, where the hash key SessionId is needed");
}

TEST(TableShape, IsNotFoundInWhatDescribesNoTable) {
    for (auto const* odd : {"null", "[]", "{}", R"({"Table":1})", R"({"Table":{"KeySchema":{}}})",
                            R"({"Table":{"KeySchema":[1,{"KeyType":"HASH"}]}})"})
        EXPECT_NE(misfit(parse_json(odd).value(), role_table_shape), "") << odd;
}

}  // namespace
}  // namespace kaiwa::server
