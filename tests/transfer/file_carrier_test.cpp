#include "transfer/blob_copy.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <map>
#include <utility>

namespace kaiwa::transfer {
namespace {

/// Texts by name: an id's, or a key of another program's.
class MemoryBlobs final : public chat::BlobStore {
public:
    class TextReader final : public Reader {
    public:
        explicit TextReader(std::string text) : text_(std::move(text)), size_(text_.size()) {}
        [[nodiscard]] std::uint64_t size() const override { return size_; }
        asio::awaitable<Result<std::string>> next() override {
            co_return std::exchange(text_, std::string());
        }

    private:
        std::string text_;
        std::uint64_t size_;
    };
    class TextWriter final : public Writer {
    public:
        explicit TextWriter(std::string& text) : text_(text) {}
        asio::awaitable<Result<void>> write(std::string bytes) override {
            written_ += bytes;
            co_return Result<void>{};
        }
        asio::awaitable<Result<void>> commit() override {
            text_ = written_;
            co_return Result<void>{};
        }

    private:
        std::string& text_;
        std::string written_;
    };

    asio::awaitable<Result<std::unique_ptr<Writer>>> create(FileId id) override {
        co_return std::make_unique<TextWriter>(texts[id.text()]);
    }
    asio::awaitable<Result<std::unique_ptr<Reader>>> open(FileId id, chat::BlobPart) override {
        return open_foreign(id.text());
    }
    asio::awaitable<Result<void>> remove(FileId) override { co_return Result<void>{}; }
    asio::awaitable<Result<std::unique_ptr<Reader>>> open_foreign(std::string key) override {
        auto const found = texts.find(key);
        if (found == texts.end()) co_return fail(Errc::not_found, "it is not here");
        co_return std::make_unique<TextReader>(found->second);
    }

    std::map<std::string, std::string> texts;
};

class OneMessage final : public chat::ThreadArchive::Reader {
public:
    asio::awaitable<Result<std::vector<chat::ArchivedMessage>>> next() override {
        std::vector<chat::ArchivedMessage> some;
        if (std::exchange(is_read_, true)) co_return some;
        some.emplace_back().message.files = files;
        co_return some;
    }
    [[nodiscard]] std::vector<std::string> const& unreadable() const override {
        return unreadable_;
    }

    std::vector<chat::FileInfo> files;

private:
    bool is_read_ = false;
    std::vector<std::string> unreadable_;
};

class FileCarrierTest : public testing::Test {
protected:
    static FileId file_id(int number) {
        return *FileId::parse("0197a000-0000-4000-8000-00000000000" + std::to_string(number));
    }
    static chat::FileInfo own(int number, std::uint64_t size) {
        return {file_id(number), "own", "text/plain", size};
    }
    static chat::FileInfo foreign(int number, std::string key) {
        return {file_id(number), "theirs", "text/plain", 0, std::move(key)};
    }
    /// The files of the message that comes out.
    std::vector<chat::FileInfo> carry(FileCarrier& carrier) {
        std::vector<chat::FileInfo> out;
        asio::io_context loop;
        auto read = [](FileCarrier& from,
                       std::vector<chat::FileInfo>& to) -> asio::awaitable<void> {
            auto some = co_await from.next();
            if (some && some->size() == 1) to = some->front().message.files;
        };
        spawn(loop.get_executor(), {}, read(carrier, out), [](std::exception_ptr) {});
        loop.run();
        return out;
    }

    OneMessage message;
    MemoryBlobs source;
    MemoryBlobs target;
};

TEST_F(FileCarrierTest, BringsBytesFromWhereverTheyAre) {
    source.texts = {{file_id(1).text(), "mine"}, {"hana/t/2", "a cat"}};
    message.files = {own(1, 4), foreign(2, "hana/t/2")};
    FileCarrier carrier(message, {&source, &source}, target, FileCarrier::Missing::named);
    auto const files = carry(carrier);
    ASSERT_EQ(files.size(), 2u);
    EXPECT_EQ(files[1].size, 5u) << "nobody had written it down";
    EXPECT_TRUE(files[1].foreign_key.empty()) << "it is ours now";
    EXPECT_EQ(target.texts[file_id(1).text()], "mine");
    EXPECT_EQ(target.texts[file_id(2).text()], "a cat");
    EXPECT_EQ(carrier.copied(), 2u);

    OneMessage again;
    again.files = {own(1, 4), foreign(2, "hana/t/2")};
    FileCarrier second(again, {&source, &source}, target, FileCarrier::Missing::named);
    EXPECT_EQ(carry(second).size(), 2u);
    EXPECT_EQ(second.present(), 2u);
}

TEST_F(FileCarrierTest, CopiesInOnePlaceOnlyWhatAnotherProgramStored) {
    source.texts = {{file_id(1).text(), "mine"}, {"hana/t/2", "a cat"}};
    message.files = {own(1, 4), foreign(2, "hana/t/2")};
    FileCarrier carrier(message, {&source, &source}, source, FileCarrier::Missing::named);
    EXPECT_EQ(carry(carrier).size(), 2u);
    EXPECT_EQ(carrier.copied(), 1u);
    EXPECT_EQ(source.texts[file_id(2).text()], "a cat");
    EXPECT_EQ(source.texts["hana/t/2"], "a cat") << "the source stays as it is";
}

TEST_F(FileCarrierTest, CountsWhatIsNotToBeHad) {
    message.files = {own(1, 4), foreign(2, "gone")};
    FileCarrier named(message, {&source, &source}, target, FileCarrier::Missing::named);
    auto const files = carry(named);
    ASSERT_EQ(files.size(), 1u);
    EXPECT_EQ(files[0].id, file_id(1));
    EXPECT_EQ(named.missing().size(), 2u);

    OneMessage again;
    again.files = message.files;
    FileCarrier nowhere(again, {}, target, FileCarrier::Missing::left_out);
    EXPECT_TRUE(carry(nowhere).empty());
    EXPECT_EQ(nowhere.missing().size(), 2u);
    EXPECT_TRUE(target.texts.empty());
}

}  // namespace
}  // namespace kaiwa::transfer
