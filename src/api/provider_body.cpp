#include "api/provider_body.hpp"

#include "api/site.hpp"
#include "llm/provider_config.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>

namespace kaiwa::api {
namespace {

constexpr std::size_t max_name = 32;
constexpr std::size_t max_patterns = 100;
constexpr JsonFields::Text url_limits{0, 2048};
constexpr JsonFields::Text key_limits{0, 4096};
constexpr JsonFields::Text pattern_limits{1, 200};

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/// One of AWS, as it stands in a host name.
bool is_region(std::string_view text) {
    return text.empty() || is_provider_name(text);
}

bool is_printable(char c) { return c > ' ' && c < 0x7F; }

bool has_key(llm::ProviderConfig const& config) {
    return !config.api_key.empty() || config.is_key_lost || !llm::key_reference(config).empty();
}

void forget_reference(llm::ProviderConfig& config) {
    config.options.erase(std::string(llm::key_from_option));
}

}  // namespace

bool is_provider_name(std::string_view name) {
    return !name.empty() && name.size() <= max_name && name.front() != '-' &&
           std::ranges::all_of(name, is_name_character);
}

bool is_base_url(std::string_view url) {
    if (!begins_as_web_address(url)) return false;
    auto const parsed = boost::urls::parse_absolute_uri(url);
    if (!parsed || parsed->host().empty() || parsed->has_userinfo()) return false;
    // Azure's portal shows addresses with the version of the API.
    auto const query = parsed->params();
    bool const is_plain = !parsed->has_query() ||
                          (query.size() == 1 && (*query.begin()).key == "api-version");
    return is_plain && (parsed->scheme() == "http" || parsed->scheme() == "https");
}

bool same_server(std::string_view a, std::string_view b) {
    if (!begins_as_web_address(a) || !begins_as_web_address(b)) return false;
    auto const first = boost::urls::parse_absolute_uri(a);
    auto const second = boost::urls::parse_absolute_uri(b);
    return first && second && first->scheme() == second->scheme() &&
           first->encoded_host_and_port() == second->encoded_host_and_port();
}

void read_provider(JsonFields& fields, llm::ProviderConfig& config) {
    auto const known = config;
    if (auto kind = fields.optional_choice("kind", {"openai", "anthropic", "bedrock", "custom"}))
        config.kind = std::move(*kind);
    bool const is_bedrock = config.kind == "bedrock";
    if (!is_bedrock) config.options.erase("region");
    if (auto region = fields.optional_string("region", {0, 32})) {
        if (!is_bedrock || !is_region(*region))
            fields.refuse("region", is_bedrock ? "a region such as us-east-1"
                                               : "no region: only bedrock has one");
        config.options.erase("region");
        if (!region->empty()) config.options.emplace("region", std::move(*region));
    }
    auto url = fields.optional_string("base_url", url_limits);
    auto key = fields.optional_string("api_key", key_limits);
    if (key && !std::ranges::all_of(*key, is_printable))
        fields.refuse("api_key", "visible ASCII characters without spaces");
    if (url) {
        // AWS's own address follows from the region.
        bool const is_own = is_bedrock && url->empty();
        if (!is_own && !is_base_url(*url))
            fields.refuse("base_url", "an address like https://api.example.com/v1");
        config.base_url = std::move(*url);
    }
    bool const moves =
        config.base_url != known.base_url && !same_server(config.base_url, known.base_url);
    if (moves && has_key(known) && !key)
        fields.refuse("api_key", "the key again: it is not sent to another server");
    if (known.is_key_lost && !key)
        fields.refuse("api_key", "the key again: the stored one cannot be opened");
    if (moves || key) forget_reference(config);
    // What the configuration may use (secrets of AWS, keys of the machine) is for what it says.
    if (moves || config.kind != known.kind) config.origin = llm::ProviderOrigin::store;
    if (key) {
        config.api_key = Secret(std::move(*key));
        config.is_key_lost = false;
    }
    if (fields.has("models")) config.models = fields.strings("models", max_patterns, pattern_limits);
}

}  // namespace kaiwa::api
