#pragma once

#include "server/config_sources.hpp"
#include "server/settings.hpp"

#include <functional>
#include <string>
#include <vector>

namespace kaiwa::server {

/// Reads a file that a `secret:file:` reference names.
using ReadFile = std::function<Result<std::string>(std::string const& path)>;

/// The secret that `text` names (`secret:env:NAME`, `secret:file:PATH`), or is. What AWS keeps is
/// not looked for here.
/// Fails with `invalid_argument`, never quoting a secret.
Result<Secret> resolve_secret(std::string_view text, Environment const& environment,
                              ReadFile const& read_file);

/// What may be shown of the secret that `text` names or is: where it is kept, never what it is.
std::string show_secret(std::string_view text);

/// One provider and where it was named.
struct GivenProvider {
    llm::ProviderConfig config;
    std::string source;
    std::string key{};  ///< `show_secret()` of its key; empty: none.
};

/// Reads a list of providers. `source_of` gives the place of a path below it such as "[0].name".
/// Fails with `invalid_argument` and a message that begins with the place.
Result<std::vector<GivenProvider>> read_providers(
    boost::json::value const& list, std::function<std::string(std::string_view path)> source_of,
    Environment const& environment, ReadFile const& read_file);

/// The providers that OPENAI_API_KEY (a key, or where it is kept), OPENAI_BASE_URL and OLLAMA_HOST
/// name.
Result<std::vector<GivenProvider>> providers_of_environment(Environment const& environment,
                                                            ReadFile const& read_file);

}  // namespace kaiwa::server
