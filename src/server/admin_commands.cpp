#include "server/admin_commands.hpp"

#include "auth/rules.hpp"
#include "server/late_secrets.hpp"
#include "server/wire_auth.hpp"
#include "server/wire_store.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <optional>

namespace kaiwa::server {
namespace {

using auth::machine_principal;

void print(std::string const& line) {
    std::cout << line << '\n';
}

/// One line without its end; nothing at the end of the input.
std::optional<std::string> read_line() {
    std::string line;
    if (!std::getline(std::cin, line)) return std::nullopt;
    if (line.ends_with('\r')) line.pop_back();
    return line;
}

/// Waits until a line was typed. A signal that ends the program meanwhile is kept for later and
/// told: the terminal has to be set right first.
int wait_for_line(sigset_t const& ending) {
    int const signals = ::signalfd(-1, &ending, SFD_CLOEXEC);
    std::array<pollfd, 2> waiting{pollfd{STDIN_FILENO, POLLIN, 0}, pollfd{signals, POLLIN, 0}};
    while (::poll(waiting.data(), waiting.size(), -1) < 0 && errno == EINTR) {
    }
    signalfd_siginfo signal{};
    bool const came = signals >= 0 && (waiting[1].revents & POLLIN) != 0 &&
                      ::read(signals, &signal, sizeof(signal)) == sizeof(signal);
    if (signals >= 0) ::close(signals);
    return came ? static_cast<int>(signal.ssi_signo) : 0;
}

/// Asks on the terminal without showing what is typed.
Result<Secret> ask_password() {
    termios shown{};
    if (tcgetattr(STDIN_FILENO, &shown) != 0)
        return fail(Errc::invalid_argument,
                    "there is no terminal to ask for the password: use --password-stdin");
    auto hidden = shown;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    sigset_t ending;
    sigset_t before;
    ::sigemptyset(&ending);
    for (int const signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::sigaddset(&ending, signal);
    ::pthread_sigmask(SIG_BLOCK, &ending, &before);
    std::cerr << "Password: " << std::flush;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    int const signal = wait_for_line(ending);
    auto line = signal == 0 ? read_line() : std::nullopt;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    std::cerr << '\n';
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (signal != 0) ::raise(signal);
    if (!line) return fail(Errc::invalid_argument, "no password was typed");
    return Secret(std::move(*line));
}

Result<Secret> read_password(CommandLine::PasswordFrom from) {
    // Who says --password-stdin and types is asked like everybody; pasted lines are commands.
    if (from == CommandLine::PasswordFrom::terminal || isatty(STDIN_FILENO) == 1)
        return ask_password();
    auto line = read_line();
    if (!line) return fail(Errc::invalid_argument, "standard input holds no password");
    return Secret(std::move(*line));
}

/// What cannot be taken back is done on a terminal once its name was typed again. A script that
/// has none is sure.
Result<void> confirm(std::string const& username) {
    if (isatty(STDIN_FILENO) != 1) return {};
    std::cerr << fmt::format(
                     "This deletes the user {}, all their conversations, files and keys. Nothing of "
                     "it can be restored.\nType the username again to go on: ",
                     username)
              << std::flush;
    if (read_line() == username) return {};
    return fail(Errc::cancelled, "that is not the username: nothing was deleted");
}

std::string shown(std::optional<Timestamp> time) {
    return time ? to_rfc3339(*time) : "never";
}

/// The commands as visitors: each runs on a loop of its own and prints its answer.
struct AdminCommands {
    auth::UserAdministration& users;
    std::optional<Secret> password;

    asio::awaitable<Result<void>> operator()(UserAdd command) {
        auth::NewUser user{command.username, command.name, command.role, *password};
        auto added = co_await users.add_user(machine_principal(), std::move(user));
        if (!added) co_return std::unexpected(added.error());
        print(fmt::format("added {} ({})", added->username, auth::to_string(added->role)));
        co_return Result<void>{};
    }
    asio::awaitable<Result<void>> operator()(UserList) {
        auth::UserQuery query;
        query.limit = 200;
        do {
            auto page = co_await users.users(machine_principal(), query);
            if (!page) co_return std::unexpected(page.error());
            for (auto const& user : page->items)
                print(fmt::format("{}\t{}\t{}\t{}\tcreated {}\tseen {}", user.id.text(),
                                  user.username, auth::to_string(user.role),
                                  user.disabled ? "disabled" : "enabled",
                                  to_rfc3339(user.created_at), shown(user.last_seen_at)));
            query.after = page->next.value_or("");
        } while (!query.after.empty());
        co_return Result<void>{};
    }
    asio::awaitable<Result<void>> operator()(UserPasswd command) {
        auto user = co_await users.user_by_name(machine_principal(), command.username);
        if (!user) co_return no_user(command.username, user.error());
        co_return co_await users.set_password(machine_principal(), user->id, *password);
    }
    asio::awaitable<Result<void>> operator()(UserDisable command) {
        auto user = co_await users.user_by_name(machine_principal(), command.username);
        if (!user) co_return no_user(command.username, user.error());
        auth::UserPatch patch{.name = {}, .role = {}, .disabled = command.disabled};
        auto updated = co_await users.update_user(machine_principal(), user->id, std::move(patch));
        if (!updated) co_return std::unexpected(updated.error());
        co_return Result<void>{};
    }
    asio::awaitable<Result<void>> operator()(UserDelete command) {
        auto user = co_await users.user_by_name(machine_principal(), command.username);
        if (!user) co_return no_user(command.username, user.error());
        if (!command.is_sure)
            if (auto sure = confirm(user->username); !sure) co_return sure;
        co_return co_await users.delete_user(machine_principal(), user->id);
    }
    asio::awaitable<Result<void>> operator()(KeyAdd command) {
        auto made = co_await users.add_key(machine_principal(), command.name, command.username);
        if (!made && made.error().code == Errc::not_found)
            co_return no_user(command.username.value_or(""), made.error());
        if (!made) co_return std::unexpected(made.error());
        print(made->text.reveal());
        if (std::cout.flush()) co_return Result<void>{};
        auto const revoked = co_await users.revoke_key(machine_principal(), made->key);
        co_return fail(Errc::unavailable,
                       fmt::format("the key could not be printed, so {}",
                                   revoked ? "it was made void again"
                                           : "make it void: kaiwa key revoke " + command.name));
    }
    asio::awaitable<Result<void>> operator()(KeyList) {
        auto keys = co_await users.keys(machine_principal());
        if (!keys) co_return std::unexpected(keys.error());
        for (auto const& key : *keys) {
            std::string owner = "own principal";
            if (key.user) {
                auto const user = co_await users.user(machine_principal(), *key.user);
                owner = "user " + (user ? user->username : key.user->text());
            }
            print(fmt::format("{}\t{}…\t{}\t{}\tcreated {}\tused {}", key.id.text(), key.prefix,
                              key.name, owner, to_rfc3339(key.created_at),
                              shown(key.last_used_at)));
        }
        co_return Result<void>{};
    }
    asio::awaitable<Result<void>> operator()(KeyRevoke command) {
        auto keys = co_await users.keys(machine_principal());
        if (!keys) co_return std::unexpected(keys.error());
        std::vector<auth::ApiKey> matching;
        for (auto const& key : *keys)
            if (key.id.text() == command.key || key.prefix == command.key ||
                key.name == command.key)
                matching.push_back(key);
        if (matching.empty())
            co_return fail(
                Errc::not_found,
                fmt::format("there is no key \"{}\"; kaiwa key list shows them", command.key));
        if (matching.size() > 1)
            co_return fail(Errc::conflict, fmt::format("\"{}\" names {} keys; use the id",
                                                       command.key, matching.size()));
        co_return co_await users.revoke_key(machine_principal(), matching.front());
    }
    template <class Other>
    asio::awaitable<Result<void>> operator()(Other) {
        co_return fail(Errc::internal, "not a command of kaiwa user or kaiwa key");
    }

private:
    static std::unexpected<Error> no_user(std::string const& name, Error const& error) {
        if (error.code != Errc::not_found) return std::unexpected(error);
        return fail(Errc::not_found, fmt::format("there is no user \"{}\"", name));
    }
};

}  // namespace

Result<void> run_admin_command(CommandLine const& line, Settings settings) {
    bool const adds = std::holds_alternative<UserAdd>(line.command) ||
                      std::holds_alternative<KeyAdd>(line.command);
    auto found = find_store(settings, adds ? NewStore::made : NewStore::refused);
    if (!found) return found;
    // Whoever stops reading must not end a command before it has seen to what it made.
    std::signal(SIGPIPE, SIG_IGN);
    if (auto const* added = std::get_if<UserAdd>(&line.command)) {
        // Before a password is asked for.
        if (auto good = auth::check_username(added->username); !good) return good;
    }
    std::optional<Secret> password;
    if (std::holds_alternative<UserAdd>(line.command) ||
        std::holds_alternative<UserPasswd>(line.command)) {
        auto read = read_password(line.password_from);
        if (!read) return std::unexpected(read.error());
        password = std::move(*read);
    }

    SystemClock clock;
    SystemRandom random;
    StderrLog log(LogFormat::text, LogLevel::warning);
    asio::io_context loop;
    if (auto read = read_sealing_secret_now(settings, clock, random, log); !read) return read;
    AwsGround aws(settings, AwsGround::Connections::closed, clock, random, log);
    auto stores = open_stores(settings, StoreUser::tool, aws, clock, random, log);
    if (!stores) return std::unexpected(stores.error());
    Identity identity((*stores)->users(), clock, random, log);
    AdminCommands commands{identity.administration, std::move(password)};

    Result<void> result;
    auto run = [](AdminCommands& all, Command command,
                  Result<void>& answer) -> asio::awaitable<void> {
        answer = co_await std::visit(all, std::move(command));
    };
    std::exception_ptr bug;
    spawn(loop.get_executor(), {}, run(commands, line.command, result),
          [&](std::exception_ptr escaped) { bug = escaped; });
    loop.run();
    if (bug) std::rethrow_exception(bug);
    return result;
}

}  // namespace kaiwa::server
