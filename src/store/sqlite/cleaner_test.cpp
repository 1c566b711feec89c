#include "store/sqlite/sqlite_harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace kaiwa::store::sqlite {
namespace {

/// Keeps one file whatever it is told.
class StubbornBlobs final : public chat::BlobStore {
public:
    asio::awaitable<Result<std::unique_ptr<Writer>>> create(FileId) override {
        co_return fail(Errc::unavailable, "not here");
    }
    asio::awaitable<Result<std::unique_ptr<Reader>>> open(FileId, chat::BlobPart) override {
        co_return fail(Errc::not_found, "not here");
    }
    asio::awaitable<Result<void>> remove(FileId id) override {
        if (id == stubborn) co_return fail(Errc::internal, "read-only");
        removed.push_back(id);
        co_return Result<void>{};
    }
    FileId stubborn;
    std::vector<FileId> removed;
};

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
    StubbornBlobs blobs;
    blobs.stubborn = std::ranges::min(ids);
    ASSERT_TRUE(run((*database)->clean_once(blobs)));
    EXPECT_EQ(blobs.removed.size(), ids.size() - 1);

    blobs.stubborn = {};
    ASSERT_TRUE(run((*database)->clean_once(blobs)));
    EXPECT_EQ(blobs.removed.size(), ids.size()) << "it is tried again";
}

}  // namespace
}  // namespace kaiwa::store::sqlite
