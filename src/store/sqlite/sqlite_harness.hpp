#pragma once

#include "store/files/directory_blobs.hpp"
#include "store/sqlite/store.hpp"
#include "tests/conformance/harness.hpp"

#include <filesystem>
#include <stdexcept>

namespace kaiwa::store::sqlite {

/// A folder that is removed with the object.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "kaiwa-store-XXXXXX").string();
        if (!::mkdtemp(name.data())) throw std::runtime_error("cannot make a temporary folder");
        path_ = name;
    }
    TemporaryFolder(TemporaryFolder const&) = delete;
    TemporaryFolder& operator=(TemporaryFolder const&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] std::filesystem::path const& path() const { return path_; }

private:
    std::filesystem::path path_;
};

class SqliteHarness final : public conformance::Harness {
public:
    SqliteHarness() : SqliteHarness(std::filesystem::path()) {}
    /// On this data folder instead of a temporary one.
    explicit SqliteHarness(std::filesystem::path data_dir)
        : data_dir_(data_dir.empty() ? folder_.path() / "data" : std::move(data_dir)) {
        reopen();
    }

    chat::ChatStore& chats() override { return store_->chats(); }
    auth::UserStore& users() override { return store_->users(); }
    llm::ProviderStore& providers() override { return store_->providers(); }
    chat::MessageSearch& search() override { return store_->search(); }
    chat::ThreadArchive& archive() override { return store_->archive(); }
    chat::BlobStore& blobs() override { return *blobs_; }
    asio::awaitable<Result<std::size_t>> clean_once() override {
        return store_->clean_once(*blobs_);
    }
    void close() {
        blobs_.reset();
        store_.reset();
    }
    void reopen() override {
        close();
        auto opened = open({.data_dir = data_dir_,
                            .clock = clock,
                            .random = random,
                            .log = log_,
                            .sealer = Sealer(sha256("a test's key"))});
        if (!opened) throw std::runtime_error(opened.error().message);
        store_ = std::move(*opened);
        blobs_ = files::open({.dir = data_dir_ / "files"}).value();
    }

    [[nodiscard]] std::filesystem::path const& data_dir() const { return data_dir_; }

private:
    TemporaryFolder folder_;
    std::filesystem::path data_dir_;
    NullLog log_;
    std::unique_ptr<SqliteStore> store_;
    std::unique_ptr<chat::BlobStore> blobs_;
};

inline conformance::Backend sqlite_backend() {
    return {"sqlite", [] { return std::make_unique<SqliteHarness>(); }};
}

}  // namespace kaiwa::store::sqlite
