#include "store/foreign/spool.hpp"

#include "store/foreign/readers.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

namespace kaiwa::store::foreign {
namespace {

std::unexpected<Error> failed(char const* what) {
    auto const why = std::generic_category().message(errno);
    return fail(Errc::unavailable,
                fmt::format("{} a temporary file: {}; TMPDIR may name another folder", what, why));
}

Result<void> write_all(int file, char const* bytes, std::size_t size, std::uint64_t place) {
    while (size > 0) {
        auto const written = ::pwrite(file, bytes, size, static_cast<off_t>(place));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return failed("cannot write");
        bytes += written;
        size -= static_cast<std::size_t>(written);
        place += static_cast<std::uint64_t>(written);
    }
    return {};
}

Result<void> read_all(int file, char* bytes, std::size_t size, std::uint64_t place) {
    while (size > 0) {
        auto const got = ::pread(file, bytes, size, static_cast<off_t>(place));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failed("cannot read");
        if (got == 0) return fail(Errc::internal, "nothing lies at this place of the spool");
        bytes += got;
        size -= static_cast<std::size_t>(got);
        place += static_cast<std::uint64_t>(got);
    }
    return {};
}

}  // namespace

Result<Spool> Spool::make() {
    std::error_code error;
    auto const folder = std::filesystem::temp_directory_path(error);
    if (error) {
        errno = error.value();
        return failed("cannot find a folder for");
    }
    auto name = (folder / "kaiwa-import-XXXXXX").string();
    int const file = ::mkostemp(name.data(), O_CLOEXEC);
    if (file < 0) return failed("cannot make");
    Spool spool(file);
    if (::unlink(name.c_str()) != 0) return failed("cannot hide");
    return spool;
}

Spool::Spool(Spool&& other) noexcept : file_(std::exchange(other.file_, -1)), end_(other.end_) {}

Spool& Spool::operator=(Spool&& other) noexcept {
    std::swap(file_, other.file_);
    std::swap(end_, other.end_);
    return *this;
}

Spool::~Spool() {
    if (file_ >= 0) ::close(file_);
}

Result<void> Spool::add(dynamodb::Item const& item) {
    auto const text = json::serialize(dynamodb::to_json(item));
    std::uint64_t const size = text.size();
    std::array<char, sizeof size> header{};
    std::memcpy(header.data(), &size, sizeof size);
    auto written = write_all(file_, header.data(), header.size(), end_);
    if (written) written = write_all(file_, text.data(), text.size(), end_ + header.size());
    if (written) end_ += header.size() + text.size();
    return written;
}

Result<dynamodb::Item> Spool::read(std::uint64_t place) const {
    std::uint64_t size = 0;
    std::array<char, sizeof size> header{};
    if (auto got = read_all(file_, header.data(), header.size(), place); !got)
        return std::unexpected(got.error());
    std::memcpy(&size, header.data(), sizeof size);
    if (place + header.size() + size > end_)
        return fail(Errc::internal, "no item lies at this place of the spool");
    std::string text(size, '\0');
    if (auto got = read_all(file_, text.data(), text.size(), place + header.size()); !got)
        return std::unexpected(got.error());
    return parse_item_line(text);
}

}  // namespace kaiwa::store::foreign
