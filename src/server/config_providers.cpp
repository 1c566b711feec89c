#include "server/config_providers.hpp"

#include "aws/secrets.hpp"
#include "base/utf8.hpp"
#include "llm/provider_config.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kaiwa::server {
namespace {

namespace json = boost::json;

constexpr std::string_view openai_url = "https://api.openai.com/v1";
constexpr std::string_view anthropic_url = "https://api.anthropic.com";
constexpr std::string_view kept_in_variable = "secret:env:";
constexpr std::string_view kept_in_file = "secret:file:";

/// What a kind of provider understands beside name, base_url, api_key and models.
struct Kind {
    std::string_view name;
    std::string_view default_url;
    std::vector<std::string_view> options;
    enum class Url { required, optional, none } url = Url::optional;
};

std::vector<Kind> const& kinds() {
    static std::vector<Kind> const all{
        {"openai",
         openai_url,
         {"organization", "project", "api_version", "connect_ms", "first_byte_ms", "idle_ms",
          "total_ms"},
         Kind::Url::optional},
        {"anthropic",
         anthropic_url,
         {"connect_ms", "first_byte_ms", "idle_ms", "total_ms"},
         Kind::Url::optional},
        {"bedrock",
         "",
         {"region", "profile", "control_endpoint", "fips", "dual_stack", "guardrail",
          "guardrail_version", "guardrail_trace", "guardrail_mode", "additional_fields", "latency",
          "service_tier", "legacy_models", "list", "connect_ms", "first_byte_ms", "idle_ms",
          "total_ms"},
         Kind::Url::optional},
        {"custom",
         "",
         {"form", "connect_ms", "first_byte_ms", "idle_ms", "total_ms"},
         Kind::Url::required},
        {"builtin", "", {"reply"}, Kind::Url::none}};
    return all;
}

bool is_provider_name(std::string_view name) {
    auto const is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !name.empty() && name.size() <= 32 && is_plain(name[0]) &&
           std::ranges::all_of(name, [&](char c) { return is_plain(c) || c == '-'; });
}

bool is_base_url(std::string_view text) {
    if (!text.starts_with("http://") && !text.starts_with("https://")) return false;
    auto const url = boost::urls::parse_uri(text);
    return url && !url->host().empty() && !url->has_userinfo() && !url->has_fragment();
}

/// Reads the members of one provider; the first problem stays.
class Reader {
public:
    Reader(json::object const& object, std::string path,
           std::function<std::string(std::string_view)> const& source_of)
        : object_(object), path_(std::move(path)), source_of_(source_of) {}

    std::optional<std::string> text(std::string_view name) {
        asked_.push_back(name);
        auto const* value = object_.if_contains(name);
        if (!value) return std::nullopt;
        if (!value->is_string()) {
            refuse(name, "a text");
            return std::nullopt;
        }
        return std::string(value->get_string());
    }
    /// A text; or a whole number, a switch or a table as its JSON; or a list of texts, joined by
    /// commas.
    std::optional<std::string> option(std::string_view name) {
        auto const* value = object_.if_contains(name);
        if (value && value->is_array()) return fmt::format("{}", fmt::join(texts(name), ","));
        bool const is_json = value && (value->is_int64() || value->is_bool() || value->is_object());
        if (!is_json) return text(name);
        asked_.push_back(name);
        return json::serialize(*value);
    }
    std::vector<std::string> texts(std::string_view name) {
        asked_.push_back(name);
        std::vector<std::string> items;
        auto const* value = object_.if_contains(name);
        if (!value) return items;
        auto const* array = value->if_array();
        if (!array || !std::ranges::all_of(*array, [](auto const& v) { return v.is_string(); })) {
            refuse(name, "a list of texts");
            return items;
        }
        for (auto const& item : *array) items.emplace_back(item.get_string());
        return items;
    }
    void refuse(std::string_view name, std::string_view expected) {
        if (!problem_)
            problem_ =
                fmt::format("{}: providers{}.{}: expected {}", place(name), path_, name, expected);
    }
    void say(std::string_view name, std::string_view sentence) {
        if (!problem_)
            problem_ = fmt::format("{}: providers{}.{}: {}", place(name), path_, name, sentence);
    }
    Result<void> finish() {
        for (auto const& member : object_) {
            std::string_view const name(member.key().data(), member.key().size());
            if (!problem_ && std::ranges::find(asked_, name) == asked_.end())
                problem_ = fmt::format("{}: unknown key providers{}.{}; expected one of {}",
                                       place(name), path_, name, fmt::join(asked_, ", "));
        }
        if (problem_) return fail(Errc::invalid_argument, *problem_);
        return {};
    }

private:
    std::string place(std::string_view name) const {
        return source_of_(object_.contains(name) ? fmt::format("{}.{}", path_, name) : path_);
    }
    json::object const& object_;
    std::string path_;
    std::function<std::string(std::string_view)> const& source_of_;
    std::vector<std::string_view> asked_;
    std::optional<std::string> problem_;
};

std::string without_final_slash(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    return url;
}

llm::ProviderConfig openai_provider(std::string name, std::string base_url) {
    llm::ProviderConfig config;
    config.name = std::move(name);
    config.kind = "openai";
    config.base_url = std::move(base_url);
    return config;
}

/// The key that `text` names or is. One that AWS keeps is read with the first call: a start waits
/// for no network.
Result<void> take_key(GivenProvider& provider, std::string const& text,
                      Environment const& environment, ReadFile const& read_file) {
    provider.key = show_secret(text);
    auto& config = provider.config;
    if (aws::is_secret_reference(text)) {
        auto const reference = aws::parse_secret_reference(text);
        if (!reference) return std::unexpected(reference.error());
        config.options.emplace(llm::key_from_option, text);
        return {};
    }
    auto secret = resolve_secret(text, environment, read_file);
    if (!secret) return std::unexpected(secret.error());
    config.api_key = std::move(*secret);
    return {};
}

Result<GivenProvider> read_provider(Reader& reader, Environment const& environment,
                                    ReadFile const& read_file) {
    GivenProvider provider;
    auto& config = provider.config;
    config.name = reader.text("name").value_or("");
    if (!is_provider_name(config.name))
        reader.refuse("name", "1 to 32 lower-case letters, digits and hyphens, such as \"local\"");
    config.kind = reader.text("kind").value_or("");
    auto const kind = std::ranges::find(kinds(), config.kind, &Kind::name);
    if (kind == kinds().end())
        reader.refuse("kind", "\"openai\", \"anthropic\", \"bedrock\", \"custom\" or \"builtin\"");

    auto url = reader.text("base_url");
    if (config.kind == "bedrock") {
        // What AWS calls it; the other name is understood too.
        if (auto endpoint = reader.text("endpoint")) url = std::move(endpoint);
    }
    auto const has_url = kind != kinds().end() && kind->url != Kind::Url::none;
    if (has_url && !url && kind->url == Kind::Url::required)
        reader.refuse("base_url", "an address such as http://127.0.0.1:9900/v1");
    if (url && !has_url && kind != kinds().end())
        reader.say("base_url", fmt::format("a provider of kind {} has no address", config.kind));
    if (has_url) {
        config.base_url = without_final_slash(url.value_or(std::string(kind->default_url)));
        if (url && !is_base_url(config.base_url))
            reader.refuse("base_url", "an address such as http://127.0.0.1:9900/v1");
    }
    if (auto const key = reader.text("api_key")) {
        auto const taken = take_key(provider, *key, environment, read_file);
        if (!taken) reader.say("api_key", taken.error().message);
    }
    config.models = reader.texts("models");
    if (kind != kinds().end()) {
        for (auto const option : kind->options)
            if (auto value = reader.option(option))
                config.options.emplace(option, std::move(*value));
    }
    if (auto good = reader.finish(); !good) return std::unexpected(good.error());
    return provider;
}

}  // namespace

std::string show_secret(std::string_view text) {
    bool const is_reference = text.starts_with(kept_in_variable) ||
                              text.starts_with(kept_in_file) || aws::is_secret_reference(text);
    return is_reference ? std::string(text) : "(hidden)";
}

Result<Secret> resolve_secret(std::string_view text, Environment const& environment,
                              ReadFile const& read_file) {
    if (text.starts_with(kept_in_variable)) {
        auto const name = text.substr(kept_in_variable.size());
        auto const* variable = environment.find(name);
        if (!variable)
            return fail(Errc::invalid_argument, fmt::format("the variable {} is not set", name));
        return Secret(variable->value);
    }
    if (text.starts_with(kept_in_file)) {
        auto const path = text.substr(kept_in_file.size());
        auto content = read_file(std::string(path));
        if (!content) return fail(Errc::invalid_argument, content.error().message);
        while (content->ends_with('\n') || content->ends_with('\r')) content->pop_back();
        if (content->empty())
            return fail(Errc::invalid_argument, fmt::format("the file {} is empty", path));
        return Secret(std::move(*content));
    }
    if (text.starts_with("secret:"))
        return fail(Errc::invalid_argument,
                    "expected secret:env:NAME, secret:file:PATH, secret:aws-secret:NAME, "
                    "secret:aws-secret:NAME#field, secret:aws-ssm:NAME or the secret");
    return Secret(std::string(text));
}

Result<std::vector<GivenProvider>> read_providers(
    json::value const& list, std::function<std::string(std::string_view path)> source_of,
    Environment const& environment, ReadFile const& read_file) {
    auto const* items = list.if_array();
    if (!items)
        return fail(Errc::invalid_argument,
                    fmt::format("{}: providers: expected a list of tables", source_of("")));
    std::vector<GivenProvider> providers;
    for (std::size_t i = 0; i < items->size(); ++i) {
        auto const path = fmt::format("[{}]", i);
        auto const* object = (*items)[i].if_object();
        if (!object)
            return fail(Errc::invalid_argument,
                        fmt::format("{}: providers{}: expected a table", source_of(path), path));
        Reader reader(*object, path, source_of);
        auto provider = read_provider(reader, environment, read_file);
        if (!provider) return std::unexpected(provider.error());
        for (auto const& other : providers) {
            if (other.config.name == provider->config.name)
                return fail(Errc::invalid_argument,
                            fmt::format("{}: providers{}.name: \"{}\" is taken by another provider",
                                        source_of(path + ".name"), path, other.config.name));
        }
        provider->source = source_of(path);
        providers.push_back(std::move(*provider));
    }
    return providers;
}

Result<std::vector<GivenProvider>> providers_of_environment(Environment const& environment,
                                                            ReadFile const& read_file) {
    std::vector<GivenProvider> providers;
    auto const* key = environment.find("OPENAI_API_KEY");
    auto const* url = environment.find("OPENAI_BASE_URL");
    if (key || url) {
        GivenProvider provider{openai_provider("openai", std::string(openai_url)),
                               key ? key->source : url->source};
        auto& config = provider.config;
        if (url) config.base_url = without_final_slash(url->value);
        if (url && !is_base_url(config.base_url))
            return fail(Errc::invalid_argument,
                        fmt::format("{}: expected an address such as https://api.openai.com/v1",
                                    url->source));
        if (key) {
            auto const taken = take_key(provider, key->value, environment, read_file);
            if (!taken)
                return fail(Errc::invalid_argument,
                            fmt::format("{}: {}", key->source, taken.error().message));
        }
        providers.push_back(std::move(provider));
    }
    if (auto const* host = environment.find("OLLAMA_HOST")) {
        // Ollama reads the same variable as the address to listen on, often without scheme or port.
        auto address = without_final_slash(host->value);
        if (!address.contains("://")) address = "http://" + address;
        auto const parsed = boost::urls::parse_uri(address);
        if (!is_base_url(address) || !parsed)
            return fail(Errc::invalid_argument,
                        fmt::format("{}: expected a host such as 127.0.0.1:11434", host->source));
        boost::urls::url base = *parsed;
        if (base.host() == "0.0.0.0" || base.host() == "[::]") base.set_host("127.0.0.1");
        if (!base.has_port() && base.scheme() == "http") base.set_port("11434");
        if (base.path().empty()) base.set_path("/v1");
        auto config = openai_provider("ollama", std::string(base.buffer()));
        providers.push_back({std::move(config), host->source});
    }
    return providers;
}

}  // namespace kaiwa::server
