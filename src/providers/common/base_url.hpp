#pragma once

#include "http/transport.hpp"
#include "kaiwa/error.hpp"
#include "llm/catalogue.hpp"

#include <string>
#include <string_view>

namespace kaiwa::providers {

/// Where a provider is reached, as a person wrote it.
struct BaseUrl {
    std::string root;   ///< "https://host:port", without a slash at its end.
    std::string host;   ///< Lower case, without the port.
    std::string path;   ///< "/v1", or empty; repeated and last slashes dropped.
    std::string query;  ///< Without '?'.

    /// Fails with `invalid_argument`, saying what was expected.
    static Result<BaseUrl> parse(std::string_view text);
    /// The address of `path` below the base, with the base's query.
    [[nodiscard]] std::string at(std::string_view below) const;
};

/// Encodes a path segment (RFC 3986).
[[nodiscard]] std::string encoded_segment(std::string_view text);

/// The deadlines of the provider's calls: `defaults`, and what its options `connect_ms`,
/// `first_byte_ms`, `idle_ms` and `total_ms` say. Fails with `invalid_argument`.
[[nodiscard]] Result<http::Deadlines> deadlines_of(llm::ProviderConfig const& config,
                                                   http::Deadlines defaults);

/// Whether `value` can be a header's: visible ASCII and spaces. Fails with `invalid_argument`,
/// naming the field; never shows the value.
[[nodiscard]] Result<void> check_header_value(std::string_view name, std::string_view value);

/// For answers: a model that reasons may be silent for ten minutes before it writes on.
[[nodiscard]] http::Deadlines answer_deadlines();

/// For lists and probes: a person is waiting.
[[nodiscard]] http::Deadlines short_deadlines();

}  // namespace kaiwa::providers
