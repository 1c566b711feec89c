#pragma once

#include "kaiwa/error.hpp"
#include "llm/catalogue.hpp"
#include "llm/chat_model.hpp"
#include "providers/common/failures.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace kaiwa::providers {

/// What one model of Bedrock turned out to refuse.
struct ConverseHabits {
    bool no_temperature = false;
    bool no_top_p = false;
    bool no_system = false;
    bool no_pictures = false;
    bool no_replay = false;
    bool no_stream = false;
    std::optional<std::int64_t> most_tokens;  ///< The longest answer it can write.

    bool operator==(ConverseHabits const&) const = default;
};

/// What a provider adds to each of its requests, from its options.
struct ConverseExtras {
    std::string guardrail;  ///< Identifier or ARN; empty: none.
    std::string guardrail_version = "DRAFT";
    std::string guardrail_trace;    ///< "enabled", "disabled" or "enabled_full"; empty: not sent.
    std::string guardrail_mode;     ///< "sync" or "async", streamed answers only; empty: not sent.
    std::string additional_fields;  ///< A JSON object for the model itself; empty: none.
    /// `additional_fields` switch Claude's thinking on, which allows neither temperature nor top_p.
    bool thinks = false;
    std::string latency;            ///< "standard" or "optimized"; empty: not sent.
    std::string service_tier;       ///< "default", "priority", "flex" or "reserved"; empty: not sent.

    /// Reads the options `guardrail`, `guardrail_version`, `guardrail_trace`, `guardrail_mode`,
    /// `additional_fields`, `latency` and `service_tier`. Fails with `invalid_argument`, naming one.
    static Result<ConverseExtras> read(std::map<std::string, std::string> const& options);
};

/// The body of ConverseStream, or of Converse where the model is known not to stream.
///
/// Roles alternate and the first is the user's: messages of one role in a row become one, empty
/// text is left out. Only what a person set is in `inferenceConfig`. Pictures that the model does
/// not see are named instead. (API reference of Amazon Bedrock, ConverseStream.)
[[nodiscard]] std::string converse_body(llm::CompletionRequest const& request,
                                        ConverseExtras const& extras,
                                        ConverseHabits const& habits);

/// What `error`, the answer to a request with `habits`, teaches about the model.
[[nodiscard]] ConverseHabits habits_after(ConverseHabits habits,
                                          llm::CompletionRequest const& request,
                                          VendorError const& error);

/// What stands for a picture that a model does not see.
[[nodiscard]] std::string named_picture(llm::ImagePart const& picture);

}  // namespace kaiwa::providers
