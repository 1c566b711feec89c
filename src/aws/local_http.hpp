#pragma once

#include "aws/error.hpp"
#include "http/transport.hpp"

#include <chrono>
#include <string>

namespace kaiwa::aws {

/// An answer of a small endpoint; any status.
struct LocalAnswer {
    unsigned status = 0;
    std::string body;
};

/// One call of an endpoint beside us: within `patience`, at most 64 KiB, unsigned.
asio::awaitable<Outcome<LocalAnswer>> call_local(http::Transport& transport,
                                                 http::OutboundRequest request,
                                                 std::chrono::milliseconds patience);

/// The failure that an answer other than 200 of `who` is; its body is not quoted.
[[nodiscard]] Failure refusal_of(LocalAnswer const& answer, std::string_view who);

}  // namespace kaiwa::aws
