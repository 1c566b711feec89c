#include "tests/support/disk_faults/disk_faults.hpp"

#include <dlfcn.h>
#include <sys/types.h>
#include <time.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

namespace {

/// Calls of one kind: which of them fail, and how.
struct Plan {
    std::atomic<long> skip{0};
    std::atomic<long> count{0};
    std::atomic<int> error{0};

    void set(int code, long skipped, long failing) {
        count = 0;
        error = code;
        skip = skipped;
        count = failing;
    }
    /// Whether this call fails; `errno` is set then.
    bool strikes() {
        if (count.load() <= 0) return false;
        if (skip.fetch_sub(1) > 0) return false;
        if (count.fetch_sub(1) <= 0) return false;
        errno = error.load();
        return true;
    }
};

Plan flush_plan;
Plan write_plan;
std::atomic<long> flush_count{0};
std::atomic<unsigned> flush_delay{[] {
    auto const* text = std::getenv("KAIWA_FLUSH_DELAY_US");
    return text ? static_cast<unsigned>(std::strtoul(text, nullptr, 10)) : 0u;
}()};

template <class Function>
Function next(char const* name) {
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

void delay() {
    auto const microseconds = flush_delay.load();
    if (microseconds == 0) return;
    timespec const time{microseconds / 1'000'000,
                        static_cast<long>(microseconds % 1'000'000) * 1'000};
    nanosleep(&time, nullptr);
}

int flush(int fd, int (*real)(int)) {
    flush_count.fetch_add(1);
    if (flush_plan.strikes()) return -1;
    delay();
    return real(fd);
}

}  // namespace

extern "C" {

void kaiwa_delay_flushes(unsigned microseconds) {
    flush_delay = microseconds;
}
void kaiwa_fail_flushes(int error, long skip, long count) {
    flush_plan.set(error, skip, count);
}
void kaiwa_fail_writes(int error, long skip, long count) {
    write_plan.set(error, skip, count);
}
long kaiwa_flushes() {
    return flush_count.load();
}

int fsync(int fd) {
    static auto const real = next<int (*)(int)>("fsync");
    return flush(fd, real);
}

int fdatasync(int fd) {
    static auto const real = next<int (*)(int)>("fdatasync");
    return flush(fd, real);
}

ssize_t pwrite(int fd, void const* bytes, size_t size, off_t at) {
    static auto const real = next<ssize_t (*)(int, void const*, size_t, off_t)>("pwrite");
    return write_plan.strikes() ? -1 : real(fd, bytes, size, at);
}

ssize_t pwrite64(int fd, void const* bytes, size_t size, off64_t at) {
    static auto const real = next<ssize_t (*)(int, void const*, size_t, off64_t)>("pwrite64");
    return write_plan.strikes() ? -1 : real(fd, bytes, size, at);
}

}  // extern "C"
