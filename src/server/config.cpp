#include "server/config.hpp"

#include "auth/rules.hpp"
#include "aws/secrets.hpp"
#include "base/json.hpp"
#include "llm/provider_config.hpp"
#include "server/config_compat.hpp"
#include "server/config_keys.hpp"
#include "server/config_stores.hpp"
#include "server/edit_distance.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <ranges>
#include <sstream>

namespace kaiwa::server {
namespace {

constexpr std::string_view prefix = "KAIWA_";
constexpr std::string_view providers_path = "providers";

constexpr std::array<std::string_view, 5> short_variables{
    "KAIWA_LISTEN", "KAIWA_DATA", "KAIWA_CONFIG", "KAIWA_SECRET", "KAIWA_PROVIDERS"};

using GivenValues = std::map<std::string, Given, std::less<>>;

std::unexpected<Error> wrong(std::string message) {
    return fail(Errc::invalid_argument, std::move(message));
}

Key const* find_key(std::string_view path) {
    auto const found = std::ranges::find(config_keys(), path, &Key::path);
    return found == config_keys().end() ? nullptr : &*found;
}

std::unexpected<Error> unknown_key(std::string_view source, std::string_view path) {
    for (auto const own : short_variables)
        if (!path.contains('.') && source.starts_with(prefix) && edit_distance(source, own) <= 2)
            return wrong(fmt::format("{}: unknown variable; did you mean {}?", source, own));
    std::string_view nearest = providers_path;
    auto const shown = path.substr(0, 80);
    auto const consider = [&](std::string_view known) {
        if (edit_distance(shown, known) < edit_distance(shown, nearest)) nearest = known;
    };
    for (auto const& key : config_keys()) {
        std::string_view const known = key.path;
        consider(known);
        consider(known.substr(0, known.find('.')));  // the table that it stands in
    }
    if (edit_distance(shown, nearest) <= std::max<std::size_t>(3, nearest.size() / 3))
        return wrong(fmt::format("{}: unknown key {}; did you mean {}?", source, shown, nearest));
    return wrong(
        fmt::format("{}: unknown key {}; docs/configuration.md lists the keys", source, shown));
}

bool is_inside_of_a_key(std::string_view path) {
    return std::ranges::any_of(config_keys(), [&](Key const& key) {
        return key.path.starts_with(path) && key.path.size() > path.size() &&
               key.path[path.size()] == '.';
    });
}

/// Flattens the tables of the file until each path is a key.
Result<void> flatten(json::object const& table, std::string const& path, FileTree const& tree,
                     std::string_view file_name, GivenValues& given) {
    for (auto const& member : table) {
        auto const name = std::string(member.key());
        auto const full = path.empty() ? name : path + "." + name;
        auto const source = fmt::format("{}:{}", file_name, tree.lines.at(full));
        if (full == providers_path || find_key(full)) {
            given.insert_or_assign(full, Given{member.value(), source});
        } else if (member.value().is_object() && is_inside_of_a_key(full)) {
            auto inner = flatten(member.value().get_object(), full, tree, file_name, given);
            if (!inner) return inner;
        } else {
            return unknown_key(source, full);
        }
    }
    return {};
}

/// A key in a section has two underscores in its variable. Other names that begin with ours are an
/// orchestrator's (KAIWA_SERVICE_HOST for a service named kaiwa) or a script's, unless they are
/// nearly one of ours.
bool is_foreign_variable(std::string_view name) {
    if (name.starts_with("KAIWA_SERVICE_") || name.starts_with("KAIWA_PORT")) return true;
    return !name.contains("__") && std::ranges::none_of(short_variables, [&](std::string_view own) {
        return edit_distance(name, own) <= 2;
    });
}

/// "KAIWA_LIMITS__TURNS_PER_USER" is "limits.turns_per_user".
std::string path_of_variable(std::string_view name) {
    if (name == "KAIWA_LISTEN") return "server.listen";
    if (name == "KAIWA_DATA") return "server.data";
    std::string path;
    for (auto rest = name.substr(prefix.size()); !rest.empty();) {
        if (rest.starts_with("__")) {
            path += '.';
            rest.remove_prefix(2);
            continue;
        }
        auto const c = rest.front();
        path += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        rest.remove_prefix(1);
    }
    return path;
}

/// A variable's name has no hyphen: KAIWA_COMPAT__LAMBDA_URL__MODEL is "compat.lambda-url.model".
std::string spelled_as_key(std::string path) {
    if (find_key(path)) return path;
    for (auto const& key : config_keys()) {
        std::string without_hyphens(key.path);
        std::ranges::replace(without_hyphens, '-', '_');
        if (without_hyphens == path) return std::string(key.path);
    }
    return path;
}

Result<void> add_variables(Environment const& environment, Environment::Layer layer,
                           GivenValues& given) {
    // The short names stand for flags: they win over the long ones of the same layer.
    for (bool const short_names : {false, true}) {
        for (auto const& [name, variable] : environment) {
            auto const is_short = name == "KAIWA_LISTEN" || name == "KAIWA_DATA";
            if (variable.layer != layer || is_short != short_names || variable.value.empty() ||
                !name.starts_with(prefix) || name == "KAIWA_CONFIG" || is_foreign_variable(name))
                continue;
            auto path = spelled_as_key(path_of_variable(name));
            if (path != providers_path && !find_key(path))
                return unknown_key(variable.source, path);
            given.insert_or_assign(std::move(path), Given{variable.value, variable.source});
        }
    }
    return {};
}

std::string shown(json::value const& value) {
    auto text = json::serialize(value);
    if (text.size() > 200) text = text.substr(0, 200) + "…";
    return text;
}

/// Of a secret: where it is kept.
std::string shown_secret(Key const& key, Given const& given) {
    auto const value = read_as(key.kind, given);
    auto text = show_secret(value ? value->get_string() : "");
    return text.starts_with("secret:") ? shown(json::value(text)) : text;
}

/// The value with secret references followed, ready for its key.
Result<json::value> read_value(Key const& key, Given const& given, ConfigSources const& sources) {
    auto value = read_as(key.kind, given);
    auto const place = fmt::format("{}: {}: ", given.source, key.path);
    if (!value) return wrong(fmt::format("{}expected {}", place, key.expected));
    if (key.kind == KeyKind::secret && aws::is_secret_reference(value->get_string())) {
        // It is asked for when it is needed.
        auto const reference = aws::parse_secret_reference(value->get_string());
        if (!reference) return wrong(place + reference.error().message);
    } else if (key.kind == KeyKind::secret) {
        auto secret = resolve_secret(value->get_string(), sources.environment, sources.read_file);
        if (!secret) return wrong(place + secret.error().message);
        return json::value(json::string(secret->reveal()));
    }
    return std::move(*value);
}

Result<void> apply(Key const& key, Given const& given, ConfigSources const& sources,
                   Configuration& configuration) {
    auto value = read_value(key, given, sources);
    if (!value) return std::unexpected(value.error());
    auto const is_secret = key.kind == KeyKind::secret;
    auto const place = fmt::format("{}: {}: ", given.source, key.path);
    switch (key.take(configuration.settings, *value)) {
        case Taken::yes:
            break;
        case Taken::not_built:
            return wrong(fmt::format("{}{} is not built into this version; expected {}", place,
                                     shown(*value), key.expected));
        case Taken::wrong:
            if (is_secret) return wrong(fmt::format("{}expected {}", place, key.expected));
            return wrong(fmt::format("{}expected {}, got {}", place, key.expected, shown(*value)));
    }
    auto text = is_secret ? shown_secret(key, given) : shown(*value);
    if (key.kind == KeyKind::duration) text = fmt::format("\"{}ms\"", value->get_int64());
    configuration.explained.push_back({std::string(key.path), std::move(text), given.source});
    return {};
}

std::string show_provider(GivenProvider const& given) {
    auto const& provider = given.config;
    json::object shown_provider{{"name", provider.name}, {"kind", provider.kind}};
    if (!provider.base_url.empty()) shown_provider["base_url"] = provider.base_url;
    if (!given.key.empty()) shown_provider["api_key"] = given.key;
    if (!provider.models.empty())
        shown_provider["models"] = json::array(provider.models.begin(), provider.models.end());
    for (auto const& [name, value] : provider.options)
        if (name != llm::key_from_option) shown_provider[name] = value;
    return json::serialize(shown_provider);
}

Result<void> add_providers(ConfigSources const& sources, GivenValues const& given,
                           FileTree const& tree, Configuration& configuration) {
    std::vector<GivenProvider> providers;
    if (auto const found = given.find(providers_path); found != given.end()) {
        auto const& list = found->second;
        auto value = read_as(KeyKind::list, list);
        if (!value)
            return wrong(fmt::format("{}: providers: expected a list of tables", list.source));
        bool const of_file = std::holds_alternative<json::value>(list.value);
        auto source_of = [&](std::string_view path) {
            auto const line = tree.lines.find(fmt::format("{}{}", providers_path, path));
            if (!of_file || line == tree.lines.end()) return list.source;
            return fmt::format("{}:{}", sources.file_name, line->second);
        };
        auto read = read_providers(*value, source_of, sources.environment, sources.read_file);
        if (!read) return std::unexpected(read.error());
        providers = std::move(*read);
    }
    auto known = providers_of_environment(sources.environment, sources.read_file);
    if (!known) return std::unexpected(known.error());
    for (auto& provider : *known) {
        auto const same = [&](auto const& other) {
            return other.config.name == provider.config.name;
        };
        if (std::ranges::none_of(providers, same)) providers.push_back(std::move(provider));
    }
    for (auto& provider : providers) {
        configuration.explained.push_back({fmt::format("providers.{}", provider.config.name),
                                           show_provider(provider), provider.source});
        configuration.settings.providers.push_back(std::move(provider.config));
    }
    return {};
}

/// What ADMIN_PASSWORD says, or where AWS keeps it.
Result<AdministratorSeed> read_administrator(std::string username,
                                             Environment::Variable const& password,
                                             ConfigSources const& sources) {
    AdministratorSeed seed{std::move(username), {}, {}};
    if (aws::is_secret_reference(password.value)) {
        auto const reference = aws::parse_secret_reference(password.value);
        if (!reference) return std::unexpected(reference.error());
        seed.password_from = password.value;
        return seed;
    }
    auto secret = resolve_secret(password.value, sources.environment, sources.read_file);
    if (!secret) return std::unexpected(secret.error());
    if (auto good = auth::check_new_password(*secret); !good) return std::unexpected(good.error());
    seed.password = std::move(*secret);
    return seed;
}

Result<void> add_administrator(ConfigSources const& sources, Configuration& configuration) {
    auto const* username = sources.environment.find("ADMIN_USERNAME");
    auto const* password = sources.environment.find("ADMIN_PASSWORD");
    if (!username && !password) return {};
    if (!username || !password)
        return wrong(fmt::format("{}: expected {} beside it",
                                 (username ? username : password)->source,
                                 username ? "ADMIN_PASSWORD" : "ADMIN_USERNAME"));
    if (auto good = auth::check_username(username->value); !good)
        return wrong(fmt::format("{}: {}", username->source, good.error().message));
    auto seed = read_administrator(username->value, *password, sources);
    if (!seed) return wrong(fmt::format("{}: {}", password->source, seed.error().message));
    configuration.settings.administrator = std::move(*seed);
    configuration.explained.push_back(
        {"administrator", fmt::format("\"{}\"", username->value), username->source});
    return {};
}

/// The proxies that HTTPS_PROXY and its like name, when the configuration asks for them.
Result<void> add_proxies(Environment const& environment, Settings& settings) {
    if (settings.outbound_proxy == OutboundProxy::none) return {};
    auto proxies = http::Proxies::read([&](std::string_view name) -> std::optional<std::string> {
        auto const* variable = environment.find(name);
        return variable ? std::optional(variable->value) : std::nullopt;
    });
    if (!proxies) return std::unexpected(proxies.error());
    settings.proxies = std::move(*proxies);
    return {};
}

Result<std::string> read_text_file(std::string const& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream content;
    std::error_code failure;
    // A folder opens, and reads as empty.
    bool const is_folder = std::filesystem::is_directory(path, failure);
    if (file && !is_folder) content << file.rdbuf();
    if (!file || file.bad() || is_folder)
        return fail(Errc::invalid_argument, fmt::format("the file {} cannot be read", path));
    return std::move(content).str();
}

}  // namespace

Result<Configuration> make_configuration(ConfigSources const& sources) {
    GivenValues given;
    FileTree tree;
    if (sources.file_text) {
        auto parsed = parse_toml(*sources.file_text, sources.file_name);
        if (!parsed) return std::unexpected(parsed.error());
        tree = std::move(*parsed);
        auto flat = flatten(tree.value.get_object(), "", tree, sources.file_name, given);
        if (!flat) return std::unexpected(flat.error());
    }
    for (auto const layer : {Environment::Layer::dotenv, Environment::Layer::process})
        if (auto added = add_variables(sources.environment, layer, given); !added)
            return std::unexpected(added.error());
    for (auto const& [path, flag] : sources.flags) given.insert_or_assign(path, flag);

    Configuration configuration;
    for (auto const& key : config_keys()) {
        auto const found = given.find(key.path);
        if (found == given.end()) {
            configuration.explained.push_back(
                {std::string(key.path), std::string(key.initial), "default"});
        } else if (auto applied = apply(key, found->second, sources, configuration); !applied) {
            return std::unexpected(applied.error());
        }
    }
    if (auto finished = finish_compat(configuration.settings); !finished)
        return std::unexpected(finished.error());
    auto const source_of = [&given](std::string_view path) {
        auto const found = given.find(path);
        return found == given.end() ? std::string("default") : found->second.source;
    };
    if (auto checked = check_stores(configuration.settings, source_of); !checked)
        return std::unexpected(checked.error());
    if (auto added = add_providers(sources, given, tree, configuration); !added)
        return std::unexpected(added.error());
    if (auto added = add_proxies(sources.environment, configuration.settings); !added)
        return std::unexpected(added.error());
    if (auto added = add_administrator(sources, configuration); !added)
        return std::unexpected(added.error());
    for (auto const& [name, variable] : sources.environment) {
        bool const is_aws = name.starts_with("AWS_") || name == "HOME";
        if (is_aws && !variable.value.empty())
            configuration.settings.aws_variables.emplace(name, variable.value);
    }
    return configuration;
}

Result<ConfigSources> read_config_sources(std::optional<std::string> config_path,
                                          std::map<std::string, Given> flags) {
    ConfigSources sources;
    sources.flags = std::move(flags);
    sources.read_file = read_text_file;
    for (char** entry = environ; *entry; ++entry) {
        std::string_view const text(*entry);
        auto const equals = text.find('=');
        if (equals == std::string_view::npos) continue;
        sources.environment.set(std::string(text.substr(0, equals)),
                                std::string(text.substr(equals + 1)));
    }
    if (std::filesystem::is_regular_file(".env")) {
        auto text = read_text_file(".env");
        if (!text) return std::unexpected(text.error());
        if (auto added = sources.environment.add_dotenv(*text, ".env"); !added)
            return std::unexpected(added.error());
    }
    auto const* variable = sources.environment.find("KAIWA_CONFIG");
    if (!config_path && variable) config_path = variable->value;
    if (config_path) sources.file_name = *config_path;
    std::error_code failure;
    if (config_path || std::filesystem::exists(sources.file_name, failure)) {
        auto text = read_text_file(sources.file_name);
        if (!text) return std::unexpected(text.error());
        sources.file_text = std::move(*text);
    }
    return sources;
}

}  // namespace kaiwa::server
