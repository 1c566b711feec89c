#include "tests/conformance/harness.hpp"

namespace kaiwa::conformance {
namespace {

using Writer = std::unique_ptr<chat::BlobStore::Writer>;

asio::awaitable<Result<std::string>> read_all(chat::BlobStore& blobs, FileId id,
                                              chat::BlobPart part = {}) {
    auto reader = co_await blobs.open(id, part);
    if (!reader) co_return std::unexpected(reader.error());
    std::string all;
    for (;;) {
        auto piece = co_await (*reader)->next();
        if (!piece) co_return std::unexpected(piece.error());
        if (piece->empty()) break;
        all += *piece;
    }
    EXPECT_EQ((*reader)->size(), all.size());
    co_return all;
}

}  // namespace

TEST_P(BlobStoreTest, KeepsBytesAsTheyCame) {
    std::string bytes;
    for (int i = 0; i < 300'000; ++i) bytes += static_cast<char>(i * 7 % 256);
    for (std::size_t const size :
         {std::size_t{0}, std::size_t{1}, std::size_t{65'536}, bytes.size()}) {
        auto const id = make_id<FileId>();
        auto writer = run(harness->blobs().create(id));
        ASSERT_TRUE(writer) << writer.error().message;
        for (std::size_t at = 0; at < size; at += 100'000) {
            ASSERT_TRUE(
                run((*writer)->write(bytes.substr(at, std::min<std::size_t>(100'000, size - at)))));
        }
        ASSERT_TRUE(run((*writer)->commit()));
        writer->reset();
        harness->reopen();
        auto const read = run(read_all(harness->blobs(), id));
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_TRUE(*read == bytes.substr(0, size)) << size;
    }
}

TEST_P(BlobStoreTest, GivesThePartThatIsAskedFor) {
    std::string bytes;
    for (int i = 0; i < 200'000; ++i) bytes += static_cast<char>(i * 7 % 251);
    auto const id = make_id<FileId>();
    auto writer = run(harness->blobs().create(id));
    ASSERT_TRUE(run((*writer)->write(bytes)));
    ASSERT_TRUE(run((*writer)->commit()));
    constexpr auto to_the_end = chat::BlobPart::to_the_end;
    for (auto const part : {chat::BlobPart{0, 1}, chat::BlobPart{1, 70'000},
                            chat::BlobPart{65'536, 65'536}, chat::BlobPart{199'999, 1},
                            chat::BlobPart{199'990, 1'000}, chat::BlobPart{100'000, to_the_end},
                            chat::BlobPart{1, to_the_end - 1}, chat::BlobPart{0, 200'000}}) {
        auto const read = run(read_all(harness->blobs(), id, part));
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_TRUE(*read == bytes.substr(part.first, part.length))
            << part.first << " + " << part.length;
    }
    for (auto const first : {std::uint64_t{200'000}, to_the_end})
        EXPECT_EQ(run(harness->blobs().open(id, {first, 1})).error().code, Errc::invalid_argument);
    EXPECT_EQ(run(harness->blobs().open(make_id<FileId>(), {0, 1})).error().code, Errc::not_found);
}

TEST_P(BlobStoreTest, WithoutCommitNothingIsKept) {
    auto const id = make_id<FileId>();
    {
        auto writer = run(harness->blobs().create(id));
        ASSERT_TRUE(writer);
        ASSERT_TRUE(run((*writer)->write("half")));
        EXPECT_EQ(run(harness->blobs().open(id)).error().code, Errc::not_found);
    }
    EXPECT_EQ(run(harness->blobs().open(id)).error().code, Errc::not_found);
    harness->reopen();
    EXPECT_EQ(run(harness->blobs().open(id)).error().code, Errc::not_found);
}

TEST_P(BlobStoreTest, AStoredBlobIsNeverOverwritten) {
    auto const id = make_id<FileId>();
    auto first = run(harness->blobs().create(id));
    ASSERT_TRUE(run((*first)->write("first")));
    ASSERT_TRUE(run((*first)->commit()));
    auto second = run(harness->blobs().create(id));
    if (second) {
        ASSERT_TRUE(run((*second)->write("second")));
        EXPECT_EQ(run((*second)->commit()).error().code, Errc::conflict);
    }
    EXPECT_EQ(run(read_all(harness->blobs(), id)), "first");
}

TEST_P(BlobStoreTest, RemovingIsRepeatable) {
    auto const id = make_id<FileId>();
    auto writer = run(harness->blobs().create(id));
    ASSERT_TRUE(run((*writer)->commit()));
    EXPECT_TRUE(run(harness->blobs().remove(id)));
    EXPECT_TRUE(run(harness->blobs().remove(id)));
    EXPECT_EQ(run(harness->blobs().open(id)).error().code, Errc::not_found);
}

}  // namespace kaiwa::conformance
