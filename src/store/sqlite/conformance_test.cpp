#include "store/sqlite/sqlite_harness.hpp"

namespace kaiwa::conformance {

using store::sqlite::sqlite_backend;

INSTANTIATE_TEST_SUITE_P(Sqlite, ChatStoreTest, testing::Values(sqlite_backend()));
INSTANTIATE_TEST_SUITE_P(Sqlite, ThreadArchiveTest, testing::Values(sqlite_backend()));
INSTANTIATE_TEST_SUITE_P(Sqlite, UserStoreTest, testing::Values(sqlite_backend()));

INSTANTIATE_TEST_SUITE_P(Sqlite, ProviderStoreTest, testing::Values(sqlite_backend()));
INSTANTIATE_TEST_SUITE_P(Sqlite, MessageSearchTest, testing::Values(sqlite_backend()));
INSTANTIATE_TEST_SUITE_P(Sqlite, BlobStoreTest, testing::Values(sqlite_backend()));

}  // namespace kaiwa::conformance
