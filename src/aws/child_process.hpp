#pragma once

#include "base/spawn.hpp"
#include "kaiwa/error.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::aws {

/// The words of a command line, split as a POSIX shell splits them, without expanding anything:
/// blanks separate, '…' and "…" and backslash quote. Fails with `invalid_argument` for a quote
/// without its end.
[[nodiscard]] Result<std::vector<std::string>> split_command(std::string_view command);

struct ProcessOutput {
    int status = 0;      ///< Exit status, or 128 + the signal that ended it.
    std::string output;  ///< At most 64 KiB.
    std::string errors;  ///< The last 4 KiB.
};

/// Runs a program of the path, without a shell and without input, and waits for its end. It is
/// killed at the deadline, when it writes too much, and when the waiting task is stopped.
///
/// Fails with `unavailable` (it cannot be started), `timed_out`, `too_large` or `cancelled`.
asio::awaitable<Result<ProcessOutput>> run_process(std::vector<std::string> words,
                                                   std::chrono::milliseconds patience);

}  // namespace kaiwa::aws
