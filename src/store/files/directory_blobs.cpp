#include "store/files/directory_blobs.hpp"

#include "base/random.hpp"
#include "base/workers.hpp"
#include "store/files/folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace kaiwa::store::files {
namespace {

constexpr std::size_t max_queued = 4'096;
constexpr std::size_t piece_bytes = 64 << 10;
constexpr char const* unfinished = "unfinished";

/// What the store shares with its writers and readers, which it outlives.
struct Shared {
    FileHandle folder;
    FileHandle unfinished;
    SystemRandom random;
    Workers workers;

    Shared(FileHandle f, FileHandle u, unsigned threads)
        : folder(std::move(f)),
          unfinished(std::move(u)),
          workers("store-files", threads, max_queued) {}
};

/// Blobs lie in 256 folders by the end of their id, which is random.
std::string folder_of(FileId id) {
    return id.text().substr(34);
}
std::string path_of(FileId id) {
    return folder_of(id) + "/" + id.text();
}

/// A file that is being written. Its name is its writer's alone, and the writer holds a lock on it,
/// which goes with the writer: what is not locked was left behind.
struct Draft {
    FileHandle file;
    std::string name;
};

bool try_lock(FileHandle const& file) {
    while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
        if (errno != EINTR) return false;
    return true;
}

/// Whether it still has a name: between being made and being locked it looks left behind.
bool is_there(FileHandle const& file) {
    struct stat info{};
    return ::fstat(file.get(), &info) == 0 && info.st_nlink > 0;
}

Result<Draft> make_draft(Shared& shared, FileId id) {
    constexpr int tries = 8;
    for (int i = 0; i < tries; ++i) {
        auto name = id.text() + "." + shared.random.token(9);
        auto file = open_beneath(shared.unfinished.get(), name, O_WRONLY | O_CREAT | O_EXCL, 0600);
        if (!file) return system_error("making a file");
        if (try_lock(file) && is_there(file)) return Draft{std::move(file), std::move(name)};
    }
    return fail(Errc::unavailable, "a new file is taken away again and again");
}

Result<void> publish(Shared& shared, Draft const& draft, FileId id) {
    if (auto flushed = flush(draft.file.get()); !flushed) return flushed;
    auto const name = folder_of(id);
    if (::mkdirat(shared.folder.get(), name.c_str(), 0700) == 0) {
        if (auto flushed = flush(shared.folder.get()); !flushed) return flushed;
    } else if (errno != EEXIST) {
        return system_error("making a folder");
    }
    auto const folder = open_beneath(shared.folder.get(), name, O_RDONLY | O_DIRECTORY);
    if (!folder) return system_error("opening a folder");
    auto const text = id.text();
    if (::renameat2(shared.unfinished.get(), draft.name.c_str(), folder.get(), text.c_str(),
                    RENAME_NOREPLACE) != 0) {
        if (errno == EEXIST) return fail(Errc::conflict, "a file with this id is stored already");
        return system_error("storing a file");
    }
    return flush(folder.get());
}

class BlobWriter final : public chat::BlobStore::Writer {
public:
    BlobWriter(Shared& shared, Draft draft, FileId id)
        : shared_(shared), draft_(std::make_shared<Draft>(std::move(draft))), id_(id) {}
    ~BlobWriter() override {
        if (committed_) return;
        auto remove = [folder = shared_.unfinished.get(), draft = draft_] {
            ::unlinkat(folder, draft->name.c_str(), 0);
        };
        if (!shared_.workers.submit(remove)) remove();
    }

    asio::awaitable<Result<void>> write(std::string bytes) override {
        auto work = [draft = draft_, bytes = std::move(bytes)]() -> Result<void> {
            return write_all(draft->file.get(), bytes);
        };
        auto written = co_await shared_.workers.run(std::move(work));
        if (!written) broken_ = true;
        co_return written;
    }

    asio::awaitable<Result<void>> commit() override {
        // After a failed write or flush the kernel may have dropped what it could not store, so
        // trying again could keep a file with a hole.
        if (broken_) co_return fail(Errc::unavailable, "the file could not be written before");
        broken_ = true;
        auto work = [&shared = shared_, draft = draft_, id = id_]() -> Result<void> {
            return publish(shared, *draft, id);
        };
        auto done = co_await shared_.workers.run(std::move(work));
        committed_ = done.has_value();
        co_return done;
    }

private:
    Shared& shared_;
    std::shared_ptr<Draft> draft_;
    FileId id_;
    bool broken_ = false;
    bool committed_ = false;
};

/// At most `size` bytes, which are at most a piece.
Result<std::string> read_piece(FileHandle const& file, std::uint64_t at, std::size_t size) {
    std::string bytes(size, '\0');
    for (;;) {
        auto const count = ::pread(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(at));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return system_error("reading a file");
        bytes.resize(static_cast<std::size_t>(count));
        return bytes;
    }
}

class BlobReader final : public chat::BlobStore::Reader {
public:
    BlobReader(Shared& shared, FileHandle file, std::uint64_t first, std::uint64_t size)
        : shared_(shared),
          file_(std::make_shared<FileHandle>(std::move(file))),
          size_(size),
          at_(first),
          end_(first + size) {}

    [[nodiscard]] std::uint64_t size() const override { return size_; }

    asio::awaitable<Result<std::string>> next() override {
        auto const size = std::min<std::uint64_t>(piece_bytes, end_ - at_);
        if (size == 0) co_return std::string();
        auto work = [file = file_, at = at_, size]() -> Result<std::string> {
            return read_piece(*file, at, size);
        };
        auto bytes = co_await shared_.workers.run(std::move(work));
        if (bytes) at_ += bytes->size();
        co_return bytes;
    }

private:
    Shared& shared_;
    std::shared_ptr<FileHandle> file_;
    std::uint64_t const size_;
    std::uint64_t at_;  // within the file
    std::uint64_t const end_;
};

class DirectoryBlobs final : public chat::BlobStore {
public:
    explicit DirectoryBlobs(std::unique_ptr<Shared> shared) : shared_(std::move(shared)) {}

    asio::awaitable<Result<std::unique_ptr<Writer>>> create(FileId id) override {
        auto work = [&shared = *shared_, id]() -> Result<std::unique_ptr<Writer>> {
            auto draft = make_draft(shared, id);
            if (!draft) return std::unexpected(draft.error());
            return std::make_unique<BlobWriter>(shared, std::move(*draft), id);
        };
        co_return co_await shared_->workers.run(std::move(work));
    }

    asio::awaitable<Result<std::unique_ptr<Reader>>> open(FileId id, chat::BlobPart part) override {
        auto work = [&shared = *shared_, id, part]() -> Result<std::unique_ptr<Reader>> {
            auto file = open_beneath(shared.folder.get(), path_of(id), O_RDONLY);
            if (!file) return system_error("opening a file");
            struct stat info{};
            if (::fstat(file.get(), &info) != 0) return system_error("opening a file");
            auto const size = static_cast<std::uint64_t>(info.st_size);
            if (!part.is_all() && part.first >= size)
                return fail(Errc::invalid_argument, "the part begins behind the end of the file");
            return std::make_unique<BlobReader>(shared, std::move(file), part.first,
                                                std::min(part.length, size - part.first));
        };
        co_return co_await shared_->workers.run(std::move(work));
    }

    asio::awaitable<Result<void>> remove(FileId id) override {
        auto work = [&shared = *shared_, id]() -> Result<void> {
            if (::unlinkat(shared.folder.get(), path_of(id).c_str(), 0) == 0) return {};
            if (errno == ENOENT) return {};  // removed before
            return system_error("removing a file");
        };
        co_return co_await shared_->workers.run(std::move(work));
    }

private:
    std::unique_ptr<Shared> shared_;
};

/// Removes what writers left behind that are no more.
void remove_left_behind(int folder) {
    auto* list = ::fdopendir(::dup(folder));
    if (!list) return;
    while (auto const* entry = ::readdir(list)) {
        if (entry->d_name[0] == '.') continue;
        auto const file = open_beneath(folder, entry->d_name, O_RDONLY | O_NONBLOCK);
        if (file && try_lock(file)) ::unlinkat(folder, entry->d_name, 0);
    }
    ::closedir(list);
}

}  // namespace

Result<std::unique_ptr<chat::BlobStore>> open(Options options) {
    auto folder = open_folder(options.dir);
    if (!folder) return std::unexpected(folder.error());
    auto temporary = open_folder(options.dir / unfinished);
    if (!temporary) return std::unexpected(temporary.error());
    remove_left_behind(temporary->get());
    if (auto flushed = flush(folder->get()); !flushed) return std::unexpected(flushed.error());
    return std::make_unique<DirectoryBlobs>(
        std::make_unique<Shared>(std::move(*folder), std::move(*temporary), options.threads));
}

}  // namespace kaiwa::store::files
