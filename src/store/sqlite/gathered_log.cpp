#include "store/sqlite/gathered_log.hpp"

#include <sqlite3.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace kaiwa::store::sqlite {
namespace {

constexpr std::size_t capacity = std::size_t{64} << 10;

/// What SQLite holds for an open log; the system's file follows it in the same memory.
struct LogFile {
    sqlite3_file base{};  // first: SQLite knows it by this
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
    sqlite3_int64 begin = 0;  // where `bytes` belong in the file
};

LogFile& log_of(sqlite3_file* file) { return *reinterpret_cast<LogFile*>(file); }

sqlite3_file* inner(sqlite3_file* file) {
    static_assert(sizeof(LogFile) % alignof(std::max_align_t) == 0);
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(LogFile));
}

int write_gathered(sqlite3_file* file) {
    auto& log = log_of(file);
    auto const size = std::exchange(log.size, 0);
    if (size == 0) return SQLITE_OK;
    auto* real = inner(file);
    return real->pMethods->xWrite(real, log.bytes.get(), static_cast<int>(size), log.begin);
}

int close(sqlite3_file* file) {
    // Only what no commit has flushed can still be here.
    static_cast<void>(write_gathered(file));
    auto* real = inner(file);
    int const code = real->pMethods->xClose(real);
    log_of(file).~LogFile();
    return code;
}

int read(sqlite3_file* file, void* into, int size, sqlite3_int64 offset) {
    if (int const code = write_gathered(file); code != SQLITE_OK) return code;
    auto* real = inner(file);
    return real->pMethods->xRead(real, into, size, offset);
}

int write(sqlite3_file* file, void const* from, int count, sqlite3_int64 offset) {
    auto& log = log_of(file);
    auto const size = static_cast<std::size_t>(count);
    bool const follows = offset == log.begin + static_cast<sqlite3_int64>(log.size);
    if (!follows || size > capacity - log.size) {
        if (int const code = write_gathered(file); code != SQLITE_OK) return code;
    }
    if (!log.bytes) log.bytes.reset(new (std::nothrow) char[capacity]);
    if (!log.bytes || size > capacity) {
        auto* real = inner(file);
        return real->pMethods->xWrite(real, from, count, offset);
    }
    if (log.size == 0) log.begin = offset;
    std::memcpy(log.bytes.get() + log.size, from, size);
    log.size += size;
    return SQLITE_OK;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
    if (int const code = write_gathered(file); code != SQLITE_OK) return code;
    auto* real = inner(file);
    return real->pMethods->xTruncate(real, size);
}

int sync(sqlite3_file* file, int flags) {
    if (int const code = write_gathered(file); code != SQLITE_OK) return code;
    auto* real = inner(file);
    return real->pMethods->xSync(real, flags);
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
    if (int const code = write_gathered(file); code != SQLITE_OK) return code;
    auto* real = inner(file);
    return real->pMethods->xFileSize(real, size);
}

int lock(sqlite3_file* file, int level) {
    auto* real = inner(file);
    return real->pMethods->xLock(real, level);
}

int unlock(sqlite3_file* file, int level) {
    auto* real = inner(file);
    return real->pMethods->xUnlock(real, level);
}

int check_reserved_lock(sqlite3_file* file, int* held) {
    auto* real = inner(file);
    return real->pMethods->xCheckReservedLock(real, held);
}

int control(sqlite3_file* file, int what, void* value) {
    auto* real = inner(file);
    return real->pMethods->xFileControl(real, what, value);
}

int sector_size(sqlite3_file* file) {
    auto* real = inner(file);
    return real->pMethods->xSectorSize(real);
}

int characteristics(sqlite3_file* file) {
    auto* real = inner(file);
    return real->pMethods->xDeviceCharacteristics(real);
}

constexpr sqlite3_io_methods log_methods{
    .iVersion = 1,
    .xClose = close,
    .xRead = read,
    .xWrite = write,
    .xTruncate = truncate,
    .xSync = sync,
    .xFileSize = file_size,
    .xLock = lock,
    .xUnlock = unlock,
    .xCheckReservedLock = check_reserved_lock,
    .xFileControl = control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open(sqlite3_vfs*, char const* name, sqlite3_file* file, int flags, int* out) {
    auto* system = sqlite3_vfs_find("unix");
    if ((flags & SQLITE_OPEN_WAL) == 0) return system->xOpen(system, name, file, flags, out);
    int const code = system->xOpen(system, name, inner(file), flags, out);
    if (code != SQLITE_OK) {
        file->pMethods = nullptr;
        return code;
    }
    new (file) LogFile{};
    file->pMethods = &log_methods;
    return SQLITE_OK;
}

/// The system's view with another way to open files.
sqlite3_vfs make_view() {
    sqlite3_initialize();
    auto view = *sqlite3_vfs_find("unix");
    view.zName = "kaiwa";
    view.szOsFile += static_cast<int>(sizeof(LogFile));
    view.xOpen = open;
    view.pNext = nullptr;
    return view;
}

}  // namespace

char const* gathered_log_vfs() {
    static sqlite3_vfs view = make_view();
    static int const registered = sqlite3_vfs_register(&view, 0);
    return registered == SQLITE_OK ? view.zName : nullptr;  // null: the system's own
}

}  // namespace kaiwa::store::sqlite
