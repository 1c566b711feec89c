#pragma once

#include "llm/chat_model.hpp"
#include "providers/common/failures.hpp"

#include <string>
#include <string_view>

namespace kaiwa::providers {

/// What one model turned out to refuse or to do, learned from its own answers.
struct ModelHabits {
    bool no_temperature = false;
    bool no_top_p = false;
    bool no_stream_options = false;
    bool no_max_tokens = false;           ///< Neither name of it.
    bool other_max_tokens = false;        ///< The other name of it than the server's usual one.
    bool no_system_role = false;          ///< Instructions go before the first question.
    unsigned began_inside_thinking = 0;   ///< So many answers in a row, at most `sure_after`.

    /// One answer may only speak of the tag; everybody's answers are shown by what is learned.
    static constexpr unsigned sure_after = 3;
    /// Its template writes the opening tag of its reasoning.
    [[nodiscard]] bool begins_inside_thinking() const {
        return began_inside_thinking >= sure_after;
    }

    bool operator==(ModelHabits const&) const = default;
};

/// How a server likes its requests, whatever the model.
struct RequestStyle {
    bool names_model = true;             ///< Not on an Azure deployment's own address.
    bool max_completion_tokens = false;  ///< The usual name of the limit.
    bool can_drop_padding = false;       ///< Knows `stream_options.include_obfuscation`.
};

/// The body of a streamed Chat Completions request.
[[nodiscard]] std::string completion_body(llm::CompletionRequest const& request,
                                          RequestStyle const& style, ModelHabits const& habits);

/// What `error`, the answer to a request with `habits`, teaches about the model: other habits, or
/// the same when it teaches nothing.
[[nodiscard]] ModelHabits habits_after(ModelHabits habits, llm::CompletionRequest const& request,
                                       RequestStyle const& style, VendorError const& error);

}  // namespace kaiwa::providers
