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

constexpr std::string_view indexes =
    R"(,"GlobalSecondaryIndexes":[{"IndexName":"x"},{"IndexName":"UserThread","KeySchema":[
    {"AttributeName":"UserThreadPK","KeyType":"HASH"},{"AttributeName":"UserThreadSK","KeyType":"RANGE"}]})";

TEST(TableShape, IsThatOfTheKeysAndTheIndex) {
    auto const with_index = "{" + std::string(pair) + std::string(indexes) + "]}";
    EXPECT_EQ(misfit_of(with_index, chat_table_shape), "");
    EXPECT_EQ(misfit_of("{" + std::string(session) + "}", history_table_shape), "");

    EXPECT_EQ(misfit_of("{" + std::string(pair) + "}", chat_table_shape),
              "it lacks the global secondary index UserThread");
    EXPECT_EQ(misfit_of("{" + std::string(session) + "}", chat_table_shape),
              "it has the hash key SessionId, where the keys PK and SK are needed");
    EXPECT_EQ(misfit_of(with_index, history_table_shape),
              "it has the keys PK and SK, where the hash key SessionId is needed");
}

TEST(TableShape, HasTheIndexsKeysAndTextForAllOfThem) {
    auto const indexed_by = [](std::string_view keys) {
        return misfit_of("{" + std::string(pair) + R"(,"GlobalSecondaryIndexes":[{"IndexName":"UserThread","KeySchema":[)" +
                             std::string(keys) + "]}]}",
                         chat_table_shape);
    };
    EXPECT_EQ(indexed_by(R"({"AttributeName":"UserThreadSK","KeyType":"HASH"})"),
              "its index UserThread has the hash key UserThreadSK, where the keys UserThreadPK and "
              "UserThreadSK are needed");
    EXPECT_NE(indexed_by(""), "");
    auto const typed = [](std::string_view name, std::string_view type) {
        return misfit_of("{" + std::string(pair) + std::string(indexes) +
                             R"(],"AttributeDefinitions":[{"AttributeName":")" + std::string(name) +
                             R"(","AttributeType":")" + std::string(type) + R"("}]})",
                         chat_table_shape);
    };
    EXPECT_EQ(typed("SK", "N"), "its key SK is of type N, where S is needed");
    EXPECT_EQ(typed("UserThreadSK", "B"), "its key UserThreadSK is of type B, where S is needed");
    EXPECT_EQ(typed("SK", "S"), "");
    EXPECT_EQ(typed("other", "N"), "");
}

TEST(TableShape, IsNotFoundInWhatDescribesNoTable) {
    for (auto const* odd : {"null", "[]", "{}", R"({"Table":1})", R"({"Table":{"KeySchema":{}}})",
                            R"({"Table":{"KeySchema":[1,{"KeyType":"HASH"}]}})"})
        EXPECT_NE(misfit(parse_json(odd).value(), role_table_shape), "") << odd;
}

}  // namespace
}  // namespace kaiwa::server
