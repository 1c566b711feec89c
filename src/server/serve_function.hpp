#pragma once

#include "kaiwa/error.hpp"

#include <string>

namespace kaiwa::server {

/// Serves the events of an AWS Lambda function until its Runtime API, at `address`, is gone: the
/// configuration comes from the environment and from kaiwa.toml beside the program. Nothing is
/// opened, written or called before the first event.
///
/// Fails with `invalid_argument` when the configuration is wrong, which the Runtime API is told as
/// an error of the start.
Result<void> serve_function(std::string address);

}  // namespace kaiwa::server
