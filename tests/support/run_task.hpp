#pragma once

#include "base/spawn.hpp"

#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>

namespace kaiwa::test {

/// Runs `task` on a loop of its own until it ends, and returns its value.
template <class T>
T run_task(asio::awaitable<T> task) {
    asio::io_context io;
    std::optional<T> value;
    std::exception_ptr escaped;
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr error, T result) {
        escaped = error;
        if (!error) value.emplace(std::move(result));
    });
    io.run();
    if (escaped) std::rethrow_exception(escaped);
    return std::move(*value);
}

}  // namespace kaiwa::test
