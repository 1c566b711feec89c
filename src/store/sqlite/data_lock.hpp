#pragma once

#include "kaiwa/error.hpp"

#include <filesystem>
#include <utility>

namespace kaiwa::store::sqlite {

[[nodiscard]] std::filesystem::path database_file(std::filesystem::path const& data_dir);

/// Makes an empty file for its owner alone unless there is one; the files that SQLite puts beside a
/// database have its permissions.
void make_private_file(std::filesystem::path const& path);

/// Makes the folder, for its owner alone, unless it is there.
Result<void> make_data_dir(std::filesystem::path const& data_dir);

/// The right to be the one server of a data folder; ends with the object or its process.
class DataLock {
public:
    /// Fails with `conflict` (reason "in_use") or `unavailable`.
    static Result<DataLock> take(std::filesystem::path const& data_dir);

    DataLock(DataLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
    DataLock& operator=(DataLock&& other) noexcept {
        std::swap(file_, other.file_);
        return *this;
    }
    ~DataLock();

private:
    explicit DataLock(int file) : file_(file) {}
    int file_;
};

}  // namespace kaiwa::store::sqlite
