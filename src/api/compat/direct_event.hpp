#pragma once

#include "api/compat/caller.hpp"
#include "base/json.hpp"
#include "base/wait.hpp"

namespace kaiwa::api::compat {

/// Answers a direct invocation of the Lambda function: S1's `{"input_text","session_id"}`, where
/// `queryStringParameters` win over the event's own members, and S3's role events
/// `{"action","role"}`, which are answered `{"statusCode","headers","body"}` as S3's function does.
///
/// Whoever may invoke the function directly is one principal of its own; where the dialect is
/// anonymous, nobody. An answer that is not whole at `deadline` has `partial` and `continue`
/// instead of `output_text`; an event `{"continue"}` asks for the rest.
///
/// Fails with `invalid_argument` (no such event, or its dialect is not enabled) and as a turn does:
/// the host reports that as the invocation's error.
asio::awaitable<Result<json::value>> answer_direct_event(Services const& services, json::value event,
                                                         SteadyTime deadline);

}  // namespace kaiwa::api::compat
