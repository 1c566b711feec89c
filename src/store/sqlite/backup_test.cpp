#include "store/sqlite/sqlite_harness.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>

namespace kaiwa::store::sqlite {
namespace {

namespace fs = std::filesystem;

class BackupTest : public conformance::ChatStoreTest {
protected:
    SqliteHarness& sqlite() { return static_cast<SqliteHarness&>(*harness); }
};

INSTANTIATE_TEST_SUITE_P(Sqlite, BackupTest, testing::Values(sqlite_backend()));

TEST_P(BackupTest, ABackupOfARunningServerIsRestoredElsewhere) {
    auto const thread = make_thread(ann, "kept");
    answer(ask(ann, thread, "question"), "answer");
    auto const file = make_id<FileId>();
    auto writer = run(harness->blobs().create(file));
    ASSERT_TRUE(run((*writer)->write("bytes of the file")));
    ASSERT_TRUE(run((*writer)->commit()));
    ASSERT_TRUE(run(store().add_file(ann, {file, "f", "text/plain", 17})));
    auto unfinished = run(harness->blobs().create(make_id<FileId>()));

    TemporaryFolder other;
    auto const copy = other.path() / "backup";
    auto const made = backup(sqlite().data_dir(), copy);
    ASSERT_TRUE(made) << made.error().message;
    ask(ann, thread, "after the backup");
    EXPECT_EQ(backup(sqlite().data_dir(), copy).error().code, Errc::conflict);
    EXPECT_EQ(restore(copy, sqlite().data_dir(), harness->clock).error().reason, "in_use");

    SqliteHarness second(other.path() / "data");
    second.close();
    auto const restored = restore(copy, other.path() / "data", harness->clock);
    ASSERT_TRUE(restored) << restored.error().message;
    second.reopen();
    auto const messages = run(second.chats().messages(ann, thread, {}));
    ASSERT_TRUE(messages) << messages.error().message;
    ASSERT_EQ(messages->items.size(), 2u);
    EXPECT_EQ(messages->items[1].text, "answer");
    auto reader = run(second.blobs().open(file));
    ASSERT_TRUE(reader);
    EXPECT_EQ(run((*reader)->next()), "bytes of the file");

    // What was there before is kept aside.
    bool kept = false;
    for (auto const& entry : fs::directory_iterator(other.path() / "data")) {
        kept |= entry.path().filename().string().starts_with("before-restore-") &&
                fs::exists(entry.path() / "kaiwa.db");
    }
    EXPECT_TRUE(kept);
}

/// No file of this process grows beyond `bytes`, as on a disk that is full.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        rlimit const limit{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }
    FileSizeLimit(FileSizeLimit const&) = delete;
    FileSizeLimit& operator=(FileSizeLimit const&) = delete;

private:
    void (*handler_)(int);
    rlimit before_{};
};

TEST_P(BackupTest, OneThatBreaksOffIsNoneAndLeavesNothingInTheData) {
    auto const thread = make_thread(ann, "kept");
    auto writer = run(harness->blobs().create(make_id<FileId>()));
    ASSERT_TRUE(run((*writer)->write(std::string(4 << 20, 'x'))));
    ASSERT_TRUE(run((*writer)->commit()));
    writer->reset();
    TemporaryFolder other;
    auto const part = other.path() / "part";
    auto const whole = other.path() / "whole";
    ASSERT_TRUE(backup(sqlite().data_dir(), whole));
    sqlite().close();
    {
        FileSizeLimit const full(2 << 20);
        EXPECT_EQ(backup(sqlite().data_dir(), part).error().code, Errc::unavailable);
        EXPECT_EQ(restore(whole, sqlite().data_dir(), harness->clock).error().code,
                  Errc::unavailable);
    }
    EXPECT_EQ(restore(part, other.path() / "data", harness->clock).error().code,
              Errc::invalid_argument);
    for (auto const& entry : fs::directory_iterator(sqlite().data_dir()))
        EXPECT_FALSE(entry.path().filename().string().contains("restor")) << entry.path();
    harness->reopen();
    EXPECT_EQ(run(store().thread(ann, thread))->title, "kept");
}

TEST_P(BackupTest, ADamagedOrForeignBackupChangesNothing) {
    auto const thread = make_thread(ann, "kept");
    TemporaryFolder other;
    fs::create_directories(other.path() / "bad");
    EXPECT_EQ(restore(other.path() / "bad", sqlite().data_dir(), harness->clock).error().reason,
              "in_use");
    sqlite().close();
    EXPECT_EQ(restore(other.path() / "bad", sqlite().data_dir(), harness->clock).error().code,
              Errc::invalid_argument);
    std::ofstream(other.path() / "bad" / "kaiwa.db") << std::string(8'192, 'x');
    EXPECT_FALSE(restore(other.path() / "bad", sqlite().data_dir(), harness->clock));
    harness->reopen();
    EXPECT_EQ(run(store().thread(ann, thread))->title, "kept");
    EXPECT_EQ(backup(other.path() / "nothing", other.path() / "copy").error().code,
              Errc::not_found);
}

}  // namespace
}  // namespace kaiwa::store::sqlite
