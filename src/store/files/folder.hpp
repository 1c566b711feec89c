#pragma once

#include "kaiwa/error.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace kaiwa::store::files {

/// A file descriptor that is closed with the object.
class FileHandle {
public:
    FileHandle() = default;
    explicit FileHandle(int fd) : fd_(fd) {}
    FileHandle(FileHandle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    FileHandle& operator=(FileHandle&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~FileHandle();

    [[nodiscard]] int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_ = -1;
};

/// The error for `errno` after `what` failed.
[[nodiscard]] std::unexpected<Error> system_error(std::string_view what);

/// Opens `path` beneath `folder`, following no links. Errors are in `errno`.
[[nodiscard]] FileHandle open_beneath(int folder, std::string const& path, int flags,
                                      unsigned mode = 0);

/// Writes all of `bytes` where the file stands.
Result<void> write_all(int file, std::string_view bytes);
Result<void> flush(int file);

/// Opens a folder, making it (for its owner alone) when it is not there.
Result<FileHandle> open_folder(std::filesystem::path const& path);

}  // namespace kaiwa::store::files
