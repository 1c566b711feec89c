#pragma once

#include "aws/error.hpp"
#include "base/secret.hpp"
#include "llm/failure.hpp"

#include <string>
#include <string_view>

namespace kaiwa::providers {

/// The class of an error that Bedrock names, as an HTTP error ("ThrottlingException"), as an
/// exception inside a stream ("throttlingException") or as an unmodelled `error` frame; `status`
/// is 0 where none came. `words` tell a full window and a spent quota from other refusals.
[[nodiscard]] llm::FailureClass bedrock_class(std::string_view code, std::string_view words,
                                              unsigned status);

/// What a failed call means for an answer. Where a message cannot tell what to do, it is added.
[[nodiscard]] llm::Failure failure_from(aws::Failure const& failure,
                                        Secret const& secret = Secret());

/// An `exception` or `error` frame inside a stream; `payload` is its JSON, or empty.
[[nodiscard]] llm::Failure failure_in_stream(std::string_view code, std::string_view message,
                                             std::string_view payload);

}  // namespace kaiwa::providers
