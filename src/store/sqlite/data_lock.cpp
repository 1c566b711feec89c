#include "store/sqlite/data_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace kaiwa::store::sqlite {

std::filesystem::path database_file(std::filesystem::path const& data_dir) {
    // Absolute, because SQLite follows the working folder, and without links, because it is
    // opened so.
    std::error_code ignored;
    auto const dir = std::filesystem::canonical(data_dir, ignored);
    return (ignored ? data_dir : dir) / "kaiwa.db";
}

void make_private_file(std::filesystem::path const& path) {
    // O_EXCL: closing another descriptor of an open database would drop SQLite's locks on it.
    int const file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file >= 0) ::close(file);
}

Result<void> make_data_dir(std::filesystem::path const& data_dir) {
    std::error_code error;
    if (std::filesystem::is_directory(data_dir, error)) return {};
    auto const parent = std::filesystem::absolute(data_dir).parent_path();
    std::filesystem::create_directories(parent, error);
    if (::mkdir(data_dir.c_str(), 0700) != 0 && errno != EEXIST) {
        return fail(Errc::unavailable, fmt::format("cannot make the data folder {}: {}",
                                                   data_dir.string(), std::strerror(errno)));
    }
    // The folder itself must survive power loss too.
    int const above = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (above >= 0) {
        ::fsync(above);
        ::close(above);
    }
    return {};
}

Result<DataLock> DataLock::take(std::filesystem::path const& data_dir) {
    auto const path = data_dir / "kaiwa.lock";
    int const file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        return fail(Errc::unavailable,
                    fmt::format("cannot open {}: {}", path.string(), std::strerror(errno)));
    }
    DataLock lock(file);
    if (::flock(file, LOCK_EX | LOCK_NB) == 0) return lock;
    return fail(Errc::conflict,
                fmt::format("another server uses the data folder {}; stop it, or choose another "
                            "folder",
                            data_dir.string()),
                "in_use");
}

DataLock::~DataLock() {
    if (file_ >= 0) ::close(file_);
}

}  // namespace kaiwa::store::sqlite
