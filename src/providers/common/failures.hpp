#pragma once

#include "base/secret.hpp"
#include "http/message.hpp"
#include "kaiwa/error.hpp"
#include "llm/failure.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace kaiwa::providers {

/// What a failed call over the transport means for an answer.
[[nodiscard]] llm::Failure failure_from(Error const& error);

/// An answer that ended without its end mark.
[[nodiscard]] llm::Failure cut_short();

/// The members of the error objects that model servers send, whichever of them were there.
struct VendorError {
    std::string message;
    std::string type;   ///< "invalid_request_error", "overloaded_error", ….
    std::string code;   ///< "context_length_exceeded"; a number as its digits.
    std::string param;  ///< The parameter that was refused.
    unsigned status = 0;
    bool is_page = false;  ///< A web page came: the message is ours.
};

/// Reads an error body of any dialect: `{"error":{…}}`, `{"error":"…"}`, `{"detail":…}`,
/// `{"message":…}`, `{"object":"error",…}`, a page of HTML, plain text.
[[nodiscard]] VendorError read_vendor_error(std::string_view body);

/// Classes `error` by its type, its code, its words and its HTTP status (0: there was none, the
/// error came inside an answer).
[[nodiscard]] llm::FailureClass class_of(VendorError const& error);

/// Whether `error` refuses to know or to take a parameter, and not merely its value.
[[nodiscard]] bool refuses_parameter(VendorError const& error);

/// The failure that an answer other than 200 means, without `secret`.
[[nodiscard]] llm::Failure failure_from(unsigned status, http::Headers const& headers,
                                        std::string_view body, Secret const& secret);

/// The same for an error that came inside an answer, as JSON. The server's words are whole and as
/// it wrote them: `fit_for_people()` is for whoever knows the key.
[[nodiscard]] llm::Failure failure_inside(std::string_view error);

/// `retry-after-ms` or `retry-after`: seconds, or a date, which is measured against the answer's
/// own `Date`.
[[nodiscard]] std::optional<std::chrono::milliseconds> retry_advice(http::Headers const& headers);

/// The id that the provider's support asks for, without `secret` and as far as 128 bytes; empty
/// where there is none, or one that is not visible ASCII.
[[nodiscard]] std::string request_id(http::Headers const& headers, Secret const& secret);
/// The same of an id that is known.
[[nodiscard]] std::string fit_request_id(std::string id, Secret const& secret);

/// `message` as one line of at most 500 bytes, without `secret`, which is looked for before it is
/// cut.
[[nodiscard]] std::string fit_for_people(std::string message, Secret const& secret = Secret());

}  // namespace kaiwa::providers
