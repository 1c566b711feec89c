#pragma once

#include "base/json.hpp"
#include "llm/catalogue.hpp"

#include <string_view>

namespace kaiwa::api {

/// Whether a provider may be called so: [a-z0-9][a-z0-9-]{0,31}.
[[nodiscard]] bool is_provider_name(std::string_view name);

/// Whether `url` is an absolute http or https address without user information, fragment, or a
/// query other than an `api-version`.
[[nodiscard]] bool is_base_url(std::string_view url);

/// Whether both addresses lead to the same scheme, host and port.
[[nodiscard]] bool same_server(std::string_view a, std::string_view b);

/// Reads `kind`, `region` (bedrock), `base_url` (may be empty for bedrock), `api_key` and `models`;
/// what is absent stays as it is in `config`. A key that `config` has, or says where it is kept, is
/// not taken along to another server: it has to be given again, as has one that is lost. What goes
/// to another server, or becomes of another kind, is no longer the configuration's.
void read_provider(JsonFields& fields, llm::ProviderConfig& config);

}  // namespace kaiwa::api
