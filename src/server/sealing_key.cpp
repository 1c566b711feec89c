#include "server/sealing_key.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace kaiwa::server {
namespace {

constexpr std::size_t secret_bytes = 32;
constexpr std::size_t most_bytes = 4096;

std::unexpected<Error> io_failure(std::string_view what, std::filesystem::path const& file) {
    return fail(Errc::unavailable,
                fmt::format("{} {}: {}", file.string(), what, std::strerror(errno)));
}

/// A file descriptor that is closed at the end of its scope.
class File {
public:
    explicit File(int descriptor) : descriptor_(descriptor) {}
    ~File() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    File(File const&) = delete;
    File& operator=(File const&) = delete;
    [[nodiscard]] int get() const { return descriptor_; }
    [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

private:
    int descriptor_;
};

Result<Secret> read_secret(std::filesystem::path const& file, int descriptor) {
    std::string text(most_bytes, '\0');
    auto const size = ::read(descriptor, text.data(), text.size());
    if (size < 0) return io_failure("cannot be read", file);
    text.resize(static_cast<std::size_t>(size));
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    if (text.size() < secret_bytes)
        return fail(Errc::unavailable,
                    fmt::format("{} is too short; restore it from a backup, or remove it and enter "
                                "the providers' keys again",
                                file.string()));
    return Secret(std::move(text));
}

/// Writes a new key completely before it gets its name, so that no reader sees half of it.
Result<void> write_secret(std::filesystem::path const& file, Random& random) {
    auto const temporary = file.string() + "." + random.token(6);
    auto const text = make_sealing_secret(random).reveal() + "\n";
    {
        File const made(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        if (!made.is_open()) return io_failure("cannot be made", file);
        if (::write(made.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
            ::fsync(made.get()) != 0) {
            auto failure = io_failure("cannot be written", file);
            ::unlink(temporary.c_str());
            return failure;
        }
    }
    // Another process may have been first: its key stays.
    auto const linked = ::link(temporary.c_str(), file.c_str()) == 0 || errno == EEXIST;
    auto const reason = errno;
    ::unlink(temporary.c_str());
    errno = reason;
    if (!linked) return io_failure("cannot be made", file);
    return {};
}

}  // namespace

Secret make_sealing_secret(Random& random) {
    return Secret(random.token(secret_bytes));
}

Result<Sealer> sealing_key(Settings const& settings, Random& random) {
    if (settings.sealing_secret) return Sealer(sha256(settings.sealing_secret->reveal()));
    std::error_code failure;
    if (std::filesystem::create_directories(settings.data, failure))
        ::chmod(settings.data.c_str(), 0700);
    if (failure)
        return fail(Errc::unavailable,
                    fmt::format("cannot make the data folder {}: {}; --data names another",
                                settings.data.string(), failure.message()));
    auto const file = settings.data / "secret.key";
    for (int attempt = 0; attempt < 2; ++attempt) {
        File const existing(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
        if (existing.is_open()) {
            auto secret = read_secret(file, existing.get());
            if (!secret) return std::unexpected(secret.error());
            return Sealer(sha256(secret->reveal()));
        }
        if (errno != ENOENT) return io_failure("cannot be opened", file);
        if (auto written = write_secret(file, random); !written)
            return std::unexpected(written.error());
    }
    return io_failure("cannot be opened", file);
}

}  // namespace kaiwa::server
