#pragma once

#include "base/wait.hpp"
#include "kaiwa/error.hpp"

#include <boost/asio/ip/address.hpp>

#include <string>
#include <vector>

namespace kaiwa::http {

/// The addresses of `host`, in the order to try them; an address is its own.
///
/// A look-up that takes too long cannot be interrupted: it is left behind and its outcome dropped.
/// Fails with `unavailable`, reason "resolve"; `timed_out`; `cancelled`.
asio::awaitable<Result<std::vector<asio::ip::address>>> resolve(std::string host,
                                                                SteadyTime deadline);

}  // namespace kaiwa::http
