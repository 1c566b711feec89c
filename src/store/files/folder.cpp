#include "store/files/folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace kaiwa::store::files {

FileHandle::~FileHandle() {
    if (fd_ >= 0) ::close(fd_);
}

std::unexpected<Error> system_error(std::string_view what) {
    int const code = errno;
    if (code == ENOENT) return fail(Errc::not_found, "there is no such file");
    if (code == ENOSPC || code == EDQUOT) {
        return fail(Errc::unavailable,
                    fmt::format("{} failed: the disk is full; free some space", what));
    }
    return fail(Errc::unavailable, fmt::format("{} failed: {}", what, std::strerror(code)));
}

FileHandle open_beneath(int folder, std::string const& path, int flags, unsigned mode) {
    open_how how{};
    how.flags = static_cast<unsigned>(flags | O_CLOEXEC | O_NOFOLLOW);
    how.mode = mode;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    auto const fd = ::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how);
    if (fd >= 0) return FileHandle(static_cast<int>(fd));
    // Older kernels and some sandboxes do not know it; names are made from ids alone, so that the
    // plain call is as good.
    if (errno != ENOSYS && errno != EPERM) return {};
    return FileHandle(::openat(folder, path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, mode));
}

Result<void> write_all(int file, std::string_view bytes) {
    while (!bytes.empty()) {
        auto const written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return system_error("writing a file");
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Result<void> flush(int file) {
    if (::fsync(file) != 0) return system_error("flushing a file to disk");
    return {};
}

Result<FileHandle> open_folder(std::filesystem::path const& path) {
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::absolute(path).parent_path(), ignored);
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
        return system_error(fmt::format("making the folder {}", path.string()));
    }
    FileHandle folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return system_error(fmt::format("opening the folder {}", path.string()));
    return folder;
}

}  // namespace kaiwa::store::files
