#pragma once

#include "server/config_providers.hpp"
#include "server/config_sources.hpp"
#include "server/settings.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kaiwa::server {

/// What the configuration is made of, lowest first: file, `.env` and environment, flags.
struct ConfigSources {
    std::string file_name = "kaiwa.toml";
    std::optional<std::string> file_text;  ///< Unset: there is no file.
    Environment environment;
    std::map<std::string, Given> flags;  ///< By path, e.g. "server.listen" from "--listen".
    ReadFile read_file;
};

/// Where one value came from, for `kaiwa config explain`. Secrets are "(hidden)".
struct ExplainedValue {
    std::string path;
    std::string value;
    std::string source;  ///< "default" when nobody gave it.
};

struct Configuration {
    Settings settings;
    std::vector<ExplainedValue> explained;
};

/// Lays the sources over each other and checks every value.
///
/// Fails with `invalid_argument` and one line: where, which key, what was expected.
Result<Configuration> make_configuration(ConfigSources const& sources);

/// Reads the process environment, `.env` and the file. `config_path` is the value of --config.
/// Fails with `invalid_argument` when the named file cannot be read, or `.env` is wrong.
Result<ConfigSources> read_config_sources(std::optional<std::string> config_path,
                                          std::map<std::string, Given> flags);

}  // namespace kaiwa::server
