#include "aws/child_process.hpp"

#include "base/wait.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

extern char** environ;

namespace kaiwa::aws {

namespace {

constexpr std::size_t max_output_bytes = 64 * 1024;
constexpr std::size_t max_error_bytes = 4 * 1024;
constexpr std::chrono::milliseconds look_interval{10};

/// Two ends of a pipe, each closed once.
struct Pipe {
    Pipe() {
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) ends = {-1, -1};
    }
    ~Pipe() {
        close(0);
        close(1);
    }
    Pipe(Pipe const&) = delete;
    Pipe& operator=(Pipe const&) = delete;
    void close(std::size_t end) {
        if (auto const fd = std::exchange(ends[end], -1); fd >= 0) ::close(fd);
    }
    int release(std::size_t end) { return std::exchange(ends[end], -1); }
    std::array<int, 2> ends{-1, -1};
};

/// A child that is killed and reaped unless its end was seen.
class Child {
public:
    explicit Child(pid_t pid) : pid_(pid) {}
    ~Child() {
        if (pid_ <= 0) return;
        ::kill(-pid_, SIGKILL);  // with whatever it started: it leads a group of its own
        ::kill(pid_, SIGKILL);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
    Child(Child const&) = delete;
    Child& operator=(Child const&) = delete;

    /// Its status once it ended.
    std::optional<int> poll() {
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

private:
    pid_t pid_;
};

Result<pid_t> start(std::vector<std::string>& words, Pipe const& output, Pipe const& errors) {
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, output.ends[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, errors.ends[1], STDERR_FILENO);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                POSIX_SPAWN_SETSIGDEF);
    pid_t pid = -1;
    auto const error =
        ::posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments.data(), environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        return fail(Errc::unavailable,
                    fmt::format("{} cannot be started: {}", words[0], std::strerror(error)));
    }
    return pid;
}

constexpr std::size_t pipe_bytes = 64 * 1024;

/// One pipe of the child, read without blocking.
class Reader {
public:
    Reader(asio::any_io_executor const& loop, int fd) : stream_(loop, fd) {
        stream_.non_blocking(true);
    }
    /// Takes what is there, at most what a pipe holds: who writes all the time is looked at too.
    void take(std::string& into) {
        std::array<char, 4096> bytes;
        for (std::size_t taken = 0; taken < pipe_bytes;) {
            auto const got = ::read(stream_.native_handle(), bytes.data(), bytes.size());
            if (got == 0 || (got < 0 && errno != EINTR)) return;
            if (got < 0) continue;
            into.append(bytes.data(), static_cast<std::size_t>(got));
            taken += static_cast<std::size_t>(got);
        }
    }

private:
    asio::posix::stream_descriptor stream_;
};

}  // namespace

Result<std::vector<std::string>> split_command(std::string_view command) {
    std::vector<std::string> words;
    std::string word;
    bool in_word = false;
    char quote = 0;
    for (std::size_t i = 0; i < command.size(); ++i) {
        char const c = command[i];
        bool const escapes = c == '\\' && quote != '\'' && i + 1 < command.size();
        if (escapes && (quote == 0 || command[i + 1] == '"' || command[i + 1] == '\\')) {
            word += command[++i];
            in_word = true;
        } else if (quote != 0 && c == quote) {
            quote = 0;
        } else if (quote == 0 && (c == '\'' || c == '"')) {
            quote = c;
            in_word = true;
        } else if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
            if (in_word) words.push_back(std::exchange(word, {}));
            in_word = false;
        } else {
            word += c;
            in_word = true;
        }
    }
    if (quote != 0) return fail(Errc::invalid_argument, "a quote in the command has no end");
    if (in_word) words.push_back(std::move(word));
    if (words.empty()) return fail(Errc::invalid_argument, "the command is empty");
    return words;
}

asio::awaitable<Result<ProcessOutput>> run_process(std::vector<std::string> words,
                                                   std::chrono::milliseconds patience) {
    auto const deadline = std::chrono::steady_clock::now() + patience;
    auto const loop = co_await asio::this_coro::executor;
    Pipe output;
    Pipe errors;
    if (output.ends[0] < 0 || errors.ends[0] < 0) {
        co_return fail(Errc::unavailable, "no pipe can be made");
    }
    auto const pid = start(words, output, errors);
    if (!pid) co_return std::unexpected(pid.error());
    Child child(*pid);
    output.close(1);
    errors.close(1);
    Reader output_reader(loop, output.release(0));
    Reader error_reader(loop, errors.release(0));

    // Short and rare: looking now and then costs nothing and needs no descriptor of the process.
    ProcessOutput result;
    for (;;) {
        auto const status = child.poll();
        output_reader.take(result.output);
        error_reader.take(result.errors);
        if (result.errors.size() > max_error_bytes) {
            result.errors.erase(0, result.errors.size() - max_error_bytes);
        }
        if (result.output.size() > max_output_bytes) {
            co_return fail(Errc::too_large, fmt::format("{} writes too much", words[0]));
        }
        if (status) {
            result.status = *status;
            co_return result;
        }
        if (std::chrono::steady_clock::now() >= deadline) {
            co_return fail(Errc::timed_out,
                           fmt::format("{} did not end within {} s", words[0],
                                       std::chrono::duration<double>(patience).count()));
        }
        if (!co_await sleep_for(look_interval)) co_return fail(Errc::cancelled, "stopped");
    }
}

}  // namespace kaiwa::aws
