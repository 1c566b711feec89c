#pragma once

#include "base/spawn.hpp"
#include "kaiwa/error.hpp"
#include "server/wire_aws.hpp"

#include <boost/asio/io_context.hpp>

#include <exception>

namespace kaiwa::server {

/// Awaits `task` on a loop of its own, for a command that does one thing.
template <class T>
Result<T> run_alone(asio::io_context& loop, AwsGround& aws, asio::awaitable<Result<T>> task) {
    Result<T> answer = fail(Errc::internal, "the task did not end");
    auto run = [](AwsGround& ground, asio::awaitable<Result<T>> awaited,
                  Result<T>& out) -> asio::awaitable<void> {
        out = co_await std::move(awaited);
        ground.close_idle();  // or the loop would wait for the other side
    };
    std::exception_ptr bug;
    spawn(loop.get_executor(), {}, run(aws, std::move(task), answer),
          [&](std::exception_ptr escaped) { bug = escaped; });
    loop.run();
    if (bug) std::rethrow_exception(bug);
    return answer;
}

}  // namespace kaiwa::server
