#pragma once

#include "aws/error.hpp"
#include "http/message.hpp"

#include <string>

namespace kaiwa::aws {

/// What an answer outside 2xx says, whichever of the vendor's protocols it is in: JSON with the
/// code in `x-amzn-ErrorType`, `__type` or `code`, XML of S3 and STS, or, from something in
/// between, anything else, of which only the status is known.
[[nodiscard]] Failure read_failure(unsigned status, http::Headers const& headers, std::string body);

/// The code of an XML error inside a 2xx answer (S3 does so when it joins the parts of an object),
/// as a failure; nothing when it is none.
[[nodiscard]] std::optional<Failure> failure_inside(http::Headers const& headers,
                                                    std::string const& body);

/// The service holds our clock for wrong, or could: `Date` tells.
[[nodiscard]] bool may_be_clock_skew(Failure const& failure);

/// The credentials were good and are not any more.
[[nodiscard]] bool are_credentials_expired(Failure const& failure);

}  // namespace kaiwa::aws
