#include "store/files/directory_blobs.hpp"

#include "tests/conformance/harness.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

namespace kaiwa::store::files {
namespace {

class DirectoryBlobsTest : public testing::Test {
protected:
    DirectoryBlobsTest() {
        std::string name = (std::filesystem::temp_directory_path() / "kaiwa-files-XXXXXX").string();
        if (!::mkdtemp(name.data())) throw std::runtime_error("cannot make a temporary folder");
        root = name;
        reopen();
    }
    ~DirectoryBlobsTest() override {
        blobs.reset();
        std::filesystem::remove_all(root);
    }
    void reopen() {
        blobs.reset();
        auto opened = open({.dir = root / "files"});
        if (!opened) throw std::runtime_error(opened.error().message);
        blobs = std::move(*opened);
    }
    template <class T>
    T run(asio::awaitable<T> task) {
        std::optional<T> out;
        asio::io_context loop;  // one of its own: a child process must not share it
        asio::co_spawn(loop, std::move(task),
                       [&](std::exception_ptr, T value) { out.emplace(std::move(value)); });
        loop.run();
        return std::move(*out);
    }
    /// Every regular file below the root.
    std::vector<std::filesystem::path> stored() const {
        std::vector<std::filesystem::path> out;
        for (auto const& entry : std::filesystem::recursive_directory_iterator(root)) {
            if (entry.is_regular_file()) out.push_back(entry.path());
        }
        return out;
    }
    FileId make_id() { return FileId{make_uuid7(clock, random)}; }

    std::filesystem::path root;
    SystemClock clock;
    SystemRandom random;
    std::unique_ptr<chat::BlobStore> blobs;
};

TEST_F(DirectoryBlobsTest, NamesAFileByItsIdAloneForItsOwnerAlone) {
    auto const id = make_id();
    auto writer = run(blobs->create(id));
    ASSERT_TRUE(writer);
    ASSERT_TRUE(run((*writer)->write("bytes")));
    ASSERT_TRUE(run((*writer)->commit()));
    auto const files = stored();
    ASSERT_EQ(files.size(), 1u);
    EXPECT_EQ(files[0].filename(), id.text());
    struct stat info{};
    ASSERT_EQ(::stat(files[0].c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(DirectoryBlobsTest, RemovesWhatACrashCutOff) {
    std::ofstream(root / "files" / "unfinished" / "left") << "half";
    reopen();
    EXPECT_TRUE(stored().empty());
}

TEST_F(DirectoryBlobsTest, AWriterThatWasKilledIsInNobodysWay) {
    auto const id = make_id();
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    auto const child = ::fork();
    if (child == 0) {
        auto theirs = open({.dir = root / "files"});
        auto writer = run((*theirs)->create(id));
        bool const wrote = writer && run((*writer)->write("half"));
        (void)!::write(ready[1], wrote ? "y" : "n", 1);
        for (;;) ::pause();
    }
    char wrote = 0;
    ASSERT_EQ(::read(ready[0], &wrote, 1), 1);
    EXPECT_EQ(wrote, 'y');
    EXPECT_EQ(stored().size(), 1u);
    reopen();
    EXPECT_EQ(stored().size(), 1u) << "its writer lives";

    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    for (int const end : ready) ::close(end);
    auto writer = run(blobs->create(id));
    ASSERT_TRUE(writer) << writer.error().message;
    ASSERT_TRUE(run((*writer)->write("whole")));
    ASSERT_TRUE(run((*writer)->commit()));
    writer->reset();
    EXPECT_EQ(stored().size(), 2u);
    reopen();
    ASSERT_EQ(stored().size(), 1u) << "what the killed one left is gone";
    EXPECT_EQ(stored().front().filename(), id.text());
}

TEST_F(DirectoryBlobsTest, TwoWritersOfOneIdAreNotInEachOthersWay) {
    auto const id = make_id();
    auto other = open({.dir = root / "files"});
    auto first = run(blobs->create(id));
    auto second = run((*other)->create(id));
    ASSERT_TRUE(first && second);
    ASSERT_TRUE(run((*first)->write("the first one's")));
    ASSERT_TRUE(run((*second)->write("the second one's")));
    ASSERT_TRUE(run((*second)->commit()));
    EXPECT_EQ(run((*first)->commit()).error().code, Errc::conflict);
    auto reader = run(blobs->open(id));
    ASSERT_TRUE(reader);
    EXPECT_EQ(run((*reader)->next()), "the second one's");
}

TEST_F(DirectoryBlobsTest, FollowsNoLinks) {
    auto const id = make_id();
    auto const folder = root / "files" / id.text().substr(34);
    std::filesystem::create_directory(folder);
    std::ofstream(root / "secret") << "secret";
    std::filesystem::create_symlink(root / "secret", folder / id.text());
    EXPECT_FALSE(run(blobs->open(id)));

    auto const other = make_id();
    std::filesystem::create_directory(root / "elsewhere");
    std::ofstream(root / "elsewhere" / other.text()) << "secret";
    auto const link = root / "files" / other.text().substr(34);
    if (link != folder) {
        std::filesystem::create_directory_symlink(root / "elsewhere", link);
        EXPECT_FALSE(run(blobs->open(other)));
    }
}

TEST_F(DirectoryBlobsTest, AFullDiskIsUnavailableAndKeepsNothing) {
    auto const id = make_id();
    auto writer = run(blobs->create(id));
    ASSERT_TRUE(writer);
    // The limit on a file's size fails the write as a full disk would.
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    rlimit const small{1'000, before.rlim_max};
    auto const old = std::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &small);
    auto const written = run((*writer)->write(std::string(5'000, 'x')));
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, old);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, Errc::unavailable);
    EXPECT_EQ(run((*writer)->commit()).error().code, Errc::unavailable);
    writer->reset();
    blobs.reset();
    EXPECT_TRUE(stored().empty());
}

class FilesHarness final : public conformance::Harness {
public:
    FilesHarness() {
        std::string name = (std::filesystem::temp_directory_path() / "kaiwa-files-XXXXXX").string();
        if (!::mkdtemp(name.data())) throw std::runtime_error("cannot make a temporary folder");
        root_ = name;
        reopen();
    }
    ~FilesHarness() override {
        blobs_.reset();
        std::error_code ignored;
        std::filesystem::remove_all(root_, ignored);
    }
    chat::BlobStore& blobs() override { return *blobs_; }
    void reopen() override {
        blobs_.reset();
        auto opened = open({.dir = root_ / "files"});
        if (!opened) throw std::runtime_error(opened.error().message);
        blobs_ = std::move(*opened);
    }

private:
    std::filesystem::path root_;
    std::unique_ptr<chat::BlobStore> blobs_;
};

conformance::Backend files_backend() {
    return {"directory", [] { return std::make_unique<FilesHarness>(); }};
}

}  // namespace
}  // namespace kaiwa::store::files

namespace kaiwa::conformance {
INSTANTIATE_TEST_SUITE_P(Directory, BlobStoreTest, testing::Values(store::files::files_backend()));
// The other suites are for stores that keep chats.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ChatStoreTest);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(MessageSearchTest);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ProviderStoreTest);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ThreadArchiveTest);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(UserStoreTest);
}  // namespace kaiwa::conformance
