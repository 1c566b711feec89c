#include "aws/surroundings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace kaiwa::aws {

namespace {

constexpr std::size_t max_file_bytes = std::size_t{1} << 20;

}  // namespace

Result<std::string> read_file_now(std::string const& path) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        auto const code = errno == ENOENT || errno == ENOTDIR ? Errc::not_found : Errc::unavailable;
        return fail(code, fmt::format("{} cannot be read: {}", path, std::strerror(errno)));
    }
    std::string text(max_file_bytes + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad()) return fail(Errc::unavailable, fmt::format("{} cannot be read", path));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > max_file_bytes) {
        return fail(Errc::too_large, fmt::format("{} is larger than 1 MiB", path));
    }
    return text;
}

asio::awaitable<Result<std::string>> read_file(Workers& files, std::string path) {
    auto work = [path = std::move(path)] { return read_file_now(path); };
    co_return co_await files.run(std::move(work));
}

asio::awaitable<Result<std::string>> read_token(Workers& files, std::string path) {
    static constexpr std::string_view space = " \t\r\n";
    auto text = co_await read_file(files, std::move(path));
    if (!text) co_return text;
    text->erase(text->find_last_not_of(space) + 1);
    text->erase(0, std::min(text->find_first_not_of(space), text->size()));
    co_return text;
}

std::string in_home(Variables const& variables, std::string_view path) {
    if (!path.starts_with("~/")) return std::string(path);
    return variables("HOME").value_or("") + std::string(path.substr(1));
}

}  // namespace kaiwa::aws
