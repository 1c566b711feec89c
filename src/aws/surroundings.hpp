#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/workers.hpp"
#include "http/transport.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace kaiwa::aws {

/// A variable of the environment; nothing when it is unset or empty, which is the same to AWS.
using Variables = std::function<std::optional<std::string>(std::string_view name)>;

/// What the search for credentials and regions works with; everything outlives it.
struct Surroundings {
    http::Transport& services;  ///< To AWS's services, perhaps through a proxy.
    http::Transport& metadata;  ///< To this machine's own credential endpoints, never by a proxy.
    Workers& files;             ///< Reads files; child processes are waited for elsewhere.
    Clock const& clock;
    Random& random;
    Variables variables;
    /// Called with the URL before a call to a host that only now is known (STS, IAM Identity
    /// Center), so that an outbound gate can let it pass.
    std::function<void(std::string_view url)> expect = [](std::string_view) {};
    std::chrono::milliseconds container_pause{1'000};  ///< Between tries of its endpoint.
    std::string hardware = "/sys/class/dmi/id";  ///< Where the kernel tells whose machine this is.
};

/// The content of a file of at most 1 MiB.
/// Fails with `not_found`, `too_large` or `unavailable`; the message has the path.
asio::awaitable<Result<std::string>> read_file(Workers& files, std::string path);

/// The same at once, for where nothing waits for the calling thread.
[[nodiscard]] Result<std::string> read_file_now(std::string const& path);

/// The same without white space around: a file that holds one token.
asio::awaitable<Result<std::string>> read_token(Workers& files, std::string path);

/// The path behind "~/", by `HOME`.
[[nodiscard]] std::string in_home(Variables const& variables, std::string_view path);

}  // namespace kaiwa::aws
