#pragma once

#include "api/compat/asked.hpp"
#include "api/guard.hpp"
#include "api/problem.hpp"

#include <optional>
#include <string>

namespace kaiwa::api::compat {

/// An answer as a dialect's client gets it, before it is JSON.
struct Answered {
    std::string session_id;
    std::string text;
    /// Set when the answer ended for another reason than that it was whole ("length", "filtered").
    std::optional<std::string> finish;
};

/// Status and JSON body of an answer.
struct Reply {
    unsigned status = 200;
    std::string json;
    std::string words{};  ///< Of a failure, for people, as `json` has them; else empty.
};

/// The whole answer. A `finish` member stands there only when the text was cut: what is not whole
/// never looks so.
[[nodiscard]] Reply whole_reply(Asked const& asked, Answered const& answered);

/// 202: what there is so far, under a name that no client takes for the answer, and where to ask.
[[nodiscard]] Reply partial_reply(Asked const& asked, Answered const& answered,
                                  std::string const& continuation);

/// A failure with the dialect's keys; only sentences of ours get out.
[[nodiscard]] Reply error_reply(Dialect dialect, Error const& error);
/// The failure of an answer that had begun: 500 in every dialect. `words` are for a person.
[[nodiscard]] Reply failed_reply(Dialect dialect, std::string words);

/// What goes before a page of another origin may read an answer, each dialect's own lists.
enum class Outcome { success, failure };
[[nodiscard]] http::Headers cors_headers(Dialect dialect, Outcome outcome);
/// The answer to a preflight for these dialects together.
[[nodiscard]] http::Headers preflight_headers(Dialect dialect, http::Request const& request);

}  // namespace kaiwa::api::compat
