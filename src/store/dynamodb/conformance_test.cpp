#include "store/dynamodb/dynamodb_harness.hpp"

namespace kaiwa::conformance {

using store::dynamodb::dynamodb_backend;

INSTANTIATE_TEST_SUITE_P(DynamoDb, ChatStoreTest, testing::Values(dynamodb_backend()));
INSTANTIATE_TEST_SUITE_P(DynamoDb, ThreadArchiveTest, testing::Values(dynamodb_backend()));
INSTANTIATE_TEST_SUITE_P(DynamoDb, UserStoreTest, testing::Values(dynamodb_backend()));
INSTANTIATE_TEST_SUITE_P(DynamoDb, ProviderStoreTest, testing::Values(dynamodb_backend()));
INSTANTIATE_TEST_SUITE_P(DynamoDb, MessageSearchTest, testing::Values(dynamodb_backend()));
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BlobStoreTest);

}  // namespace kaiwa::conformance
