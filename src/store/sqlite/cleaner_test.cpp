#include "store/sqlite/sqlite_harness.hpp"
#include "tests/conformance/recording_blobs.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace kaiwa::store::sqlite {
namespace {

class CleanerTest : public conformance::ChatStoreTest {};

INSTANTIATE_TEST_SUITE_P(Sqlite, CleanerTest, testing::Values(sqlite_backend()));

TEST_P(CleanerTest, AFileThatCannotBeRemovedKeepsNoOtherOne) {
    std::vector<FileId> ids;
    for (int i = 0; i < 300; ++i) {
        ids.push_back(make_id<FileId>());
        ASSERT_TRUE(run(store().add_file(ann, {ids.back(), "f", "text/plain", 1})));
    }
    harness->clock.advance(chat::deleted_retention + std::chrono::hours(1));
    auto const folder = static_cast<SqliteHarness&>(*harness).data_dir();
    static_cast<SqliteHarness&>(*harness).close();
    NullLog log;
    auto database = open({.data_dir = folder,
                          .clock = harness->clock,
                          .random = harness->random,
                          .log = log,
                          .sealer = Sealer(sha256("a test's key"))});
    ASSERT_TRUE(database) << database.error().message;
    conformance::RecordingBlobs blobs;
    blobs.refused = std::ranges::min(ids).text();
    ASSERT_TRUE(run((*database)->clean_once(blobs)));
    EXPECT_EQ(blobs.removed.size(), ids.size() - 1);

    blobs.refused = "none";
    ASSERT_TRUE(run((*database)->clean_once(blobs)));
    EXPECT_EQ(blobs.removed.size(), ids.size()) << "it is tried again";
}

}  // namespace
}  // namespace kaiwa::store::sqlite
