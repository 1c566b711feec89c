#include "store/sqlite/sqlite_harness.hpp"

#include "store/sqlite/connection.hpp"
#include "store/sqlite/data_lock.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <set>

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
    ASSERT_TRUE(restored->moved_to);
    EXPECT_TRUE(fs::exists(*restored->moved_to / "kaiwa.db"));
    second.reopen();
    auto const messages = run(second.chats().messages(ann, thread, {}));
    ASSERT_TRUE(messages) << messages.error().message;
    ASSERT_EQ(messages->items.size(), 2u);
    EXPECT_EQ(messages->items[1].text, "answer");
    auto reader = run(second.blobs().open(file));
    ASSERT_TRUE(reader);
    EXPECT_EQ(run((*reader)->next()), "bytes of the file");
}

TEST_P(BackupTest, ToANewPlaceIsToldWithTheKeysThatAreSealedInIt) {
    llm::ProviderConfig with_key;
    with_key.name = "with-key";
    with_key.kind = "openai";
    with_key.base_url = "http://127.0.0.1:1/v1";
    auto without_key = with_key;
    without_key.name = "without-key";
    with_key.api_key = Secret("sk-1");
    ASSERT_TRUE(run(harness->providers().put_provider(with_key)));
    ASSERT_TRUE(run(harness->providers().put_provider(without_key)));
    TemporaryFolder other;
    ASSERT_TRUE(backup(sqlite().data_dir(), other.path() / "backup"));
    auto const restored = restore(other.path() / "backup", other.path() / "new", harness->clock);
    ASSERT_TRUE(restored) << restored.error().message;
    EXPECT_FALSE(restored->moved_to);
    EXPECT_EQ(restored->sealed_keys, 1u);
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
    EXPECT_TRUE(fs::is_empty(part));
    auto const again = backup(sqlite().data_dir(), part);
    EXPECT_TRUE(again) << again.error().message;
    for (auto const& entry : fs::directory_iterator(sqlite().data_dir()))
        EXPECT_FALSE(entry.path().filename().string().contains("restor")) << entry.path();
    harness->reopen();
    EXPECT_EQ(run(store().thread(ann, thread))->title, "kept");
}

TEST_P(BackupTest, OneThatWasKilledIsReplacedByTheNext) {
    auto writer = run(harness->blobs().create(make_id<FileId>()));
    ASSERT_TRUE(run((*writer)->write("bytes")));
    ASSERT_TRUE(run((*writer)->commit()));
    TemporaryFolder other;
    auto const part = other.path() / "part";
    fs::create_directories(part / "files" / "ab");
    std::ofstream(part / "files" / "ab" / "half") << "ha";
    EXPECT_EQ(backup(sqlite().data_dir(), part).error().code, Errc::conflict) << "it may be anyone's";
    EXPECT_TRUE(fs::exists(part / "files" / "ab" / "half"));
    for (auto const* end : {"", "-wal", "-shm", "-journal"})
        std::ofstream(part / (std::string("kaiwa.db.unfinished") + end)) << "half";
    auto const mine = part / "mine";
    std::ofstream{mine} << "mine";
    EXPECT_EQ(backup(sqlite().data_dir(), part).error().code, Errc::conflict);
    fs::remove(mine);
    auto const again = backup(sqlite().data_dir(), part);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_FALSE(fs::exists(part / "files" / "ab" / "half"));
    std::set<std::string> names;
    for (auto const& entry : fs::directory_iterator(part)) names.insert(entry.path().filename());
    EXPECT_EQ(names, (std::set<std::string>{"files", "kaiwa.db"}));
    auto const restored = restore(part, other.path() / "data", harness->clock);
    EXPECT_TRUE(restored) << restored.error().message;
}

TEST_P(BackupTest, TwoDoNotMeetInOneFolder) {
    TemporaryFolder other;
    int const folder = ::open(other.path().c_str(), O_RDONLY | O_DIRECTORY);
    ASSERT_EQ(::flock(folder, LOCK_EX), 0);
    auto const made = backup(sqlite().data_dir(), other.path());
    ::close(folder);
    ASSERT_FALSE(made);
    EXPECT_TRUE(made.error().message.contains("another backup")) << made.error().message;
    EXPECT_TRUE(fs::is_empty(other.path()));
}

TEST_P(BackupTest, TheDataFolderHoldsNoBackupOfItself) {
    auto const data = sqlite().data_dir();
    for (auto const& inside : {data, data / "inside", data / "files" / "x" / ".." / "y"}) {
        auto const made = backup(data, inside);
        ASSERT_FALSE(made) << inside;
        EXPECT_EQ(made.error().code, Errc::invalid_argument);
        EXPECT_TRUE(made.error().message.contains("name a folder outside of it"));
    }
    TemporaryFolder other;
    fs::create_directory_symlink(data, other.path() / "link");
    EXPECT_EQ(backup(data, other.path() / "link" / "inside").error().code, Errc::invalid_argument);
    EXPECT_FALSE(fs::exists(data / "inside"));
    auto const beside = data.string() + "-copy";
    EXPECT_TRUE(backup(data, beside)) << "its name only begins alike";
    sqlite().close();
    EXPECT_TRUE(restore(data, data, harness->clock).error().message.contains("itself"));
}

TEST_P(BackupTest, WhatWasSetAsideIsRestoredWithItsLog) {
    auto const thread = make_thread(ann, "kept");
    TemporaryFolder other;
    auto const aside = other.path() / "aside";
    fs::create_directory(aside);
    for (auto const* name : {"kaiwa.db", "kaiwa.db-wal"})
        fs::copy_file(sqlite().data_dir() / name, aside / name);
    ASSERT_GT(fs::file_size(aside / "kaiwa.db-wal"), 0u);
    auto const restored = restore(aside, other.path() / "data", harness->clock);
    ASSERT_TRUE(restored) << restored.error().message;
    SqliteHarness second(other.path() / "data");
    EXPECT_EQ(run(second.chats().thread(ann, thread))->title, "kept");
}

TEST_P(BackupTest, OneOfANewerKaiwaIsRefusedBeforeAnythingMoves) {
    auto const thread = make_thread(ann, "kept");
    TemporaryFolder other;
    auto const copy = other.path() / "backup";
    ASSERT_TRUE(backup(sqlite().data_dir(), copy));
    {
        auto db = Connection::open(database_file(copy), Connection::Mode::read_write);
        db->run("PRAGMA user_version = 999");
    }
    sqlite().close();
    auto const restored = restore(copy, sqlite().data_dir(), harness->clock);
    ASSERT_FALSE(restored);
    EXPECT_EQ(restored.error().code, Errc::unsupported);
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
