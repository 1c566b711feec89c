#include "server/config_keys.hpp"

#include "aws/secrets.hpp"
#include "base/json.hpp"
#include "base/utf8.hpp"
#include "server/config_compat.hpp"
#include "server/config_stores.hpp"

#include <boost/url/parse.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace kaiwa::server {
namespace {

using Value = json::value;

std::string_view text_of(Value const& value) {
    auto const& text = value.get_string();
    return {text.data(), text.size()};
}

std::string lower(std::string_view text) {
    std::string small(text);
    std::ranges::transform(small, small.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return small;
}

/// Takes a number between two bounds into a member.
template <class T>
auto number(T Settings::* member, std::int64_t least, std::int64_t most) {
    return [=](Settings& settings, Value const& value) {
        auto const given = value.get_int64();
        if (given < least || given > most) return Taken::wrong;
        settings.*member = static_cast<T>(given);
        return Taken::yes;
    };
}

auto text(std::string Settings::* member, std::size_t max_bytes) {
    return [=](Settings& settings, Value const& value) {
        if (value.get_string().size() > max_bytes) return Taken::wrong;
        settings.*member = text_of(value);
        return Taken::yes;
    };
}

bool is_text_list(Value const& value) {
    return std::ranges::all_of(value.get_array(),
                               [](Value const& item) { return item.is_string(); });
}

Taken take_listen(Settings& settings, Value const& value) {
    auto const given = text_of(value);
    auto const colon = given.rfind(':');
    if (colon == std::string_view::npos) return Taken::wrong;
    auto host = given.substr(0, colon);
    auto const digits = given.substr(colon + 1);
    std::uint16_t port = 0;
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc{} || end != digits.data() + digits.size()) return Taken::wrong;
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host.empty() || host == "*") host = "0.0.0.0";
    if (host == "localhost") host = "127.0.0.1";
    boost::system::error_code failure;
    auto const address = boost::asio::ip::make_address(std::string(host), failure);
    if (failure) return Taken::wrong;
    settings.listen = {address, port};
    return Taken::yes;
}

Taken take_data(Settings& settings, Value const& value) {
    if (value.get_string().empty()) return Taken::wrong;
    settings.data = std::string(text_of(value));
    return Taken::yes;
}

Taken take_public_url(Settings& settings, Value const& value) {
    auto given = text_of(value);
    if (given.empty()) return Taken::yes;
    if (given.ends_with('/')) given.remove_suffix(1);
    if (!given.starts_with("https://") && !given.starts_with("http://")) return Taken::wrong;
    auto const url = boost::urls::parse_uri(given);
    if (!url || url->host().empty() || url->has_userinfo() || url->has_query() ||
        url->has_fragment() || !url->path().empty())
        return Taken::wrong;
    settings.public_url = lower(given);
    return Taken::yes;
}

Taken take_trusted_proxies(Settings& settings, Value const& value) {
    if (!is_text_list(value)) return Taken::wrong;
    settings.trusted_proxies.clear();
    for (auto const& item : value.get_array()) {
        auto range = http::AddressRange::parse(text_of(item));
        if (!range) return Taken::wrong;
        settings.trusted_proxies.push_back(*range);
    }
    return Taken::yes;
}

auto text_list(std::vector<std::string> Settings::* member) {
    return [=](Settings& settings, Value const& value) {
        if (!is_text_list(value)) return Taken::wrong;
        (settings.*member).clear();
        for (auto const& item : value.get_array()) {
            if (item.get_string().empty()) return Taken::wrong;
            (settings.*member).emplace_back(text_of(item));
        }
        return Taken::yes;
    };
}

Taken take_allowed_hosts(Settings& settings, Value const& value) {
    if (!is_text_list(value)) return Taken::wrong;
    settings.allowed_hosts.clear();
    for (auto const& item : value.get_array()) {
        auto const name = text_of(item);
        if (name.empty() || name.find_first_of("/: ") != std::string_view::npos)
            return Taken::wrong;
        settings.allowed_hosts.push_back(lower(name));
    }
    return Taken::yes;
}

Taken take_drain_time(Settings& settings, Value const& value) {
    auto const milliseconds = value.get_int64();
    if (milliseconds > 3'600'000) return Taken::wrong;
    settings.drain_time = std::chrono::milliseconds(milliseconds);
    return Taken::yes;
}

Taken take_starters(Settings& settings, Value const& value) {
    settings.starters.clear();
    for (auto const& item : value.get_array()) {
        auto const* starter = item.if_object();
        auto const* title = starter ? starter->if_contains("title") : nullptr;
        auto const* prompt = starter ? starter->if_contains("prompt") : nullptr;
        if (!title || !prompt || !title->is_string() || !prompt->is_string() ||
            starter->size() != 2)
            return Taken::wrong;
        settings.starters.push_back({std::string(text_of(*title)), std::string(text_of(*prompt))});
    }
    return settings.starters.size() <= 12 ? Taken::yes : Taken::wrong;
}

auto flag(bool Settings::* member) {
    return [=](Settings& settings, Value const& value) {
        settings.*member = value.get_bool();
        return Taken::yes;
    };
}

Taken take_log_level(Settings& settings, Value const& value) {
    constexpr std::array names{"debug", "info", "warning", "error"};
    auto const found = std::ranges::find(names, text_of(value));
    if (found == names.end()) return Taken::wrong;
    settings.log_level = static_cast<LogLevel>(found - names.begin());
    return Taken::yes;
}

Taken take_log_format(Settings& settings, Value const& value) {
    auto const given = text_of(value);
    if (given != "text" && given != "json") return Taken::wrong;
    settings.log_format = given == "json" ? LogFormat::json : LogFormat::text;
    return Taken::yes;
}

/// Takes one of `names`, which stand for the enumerators in their order.
template <class T>
auto choice(T Settings::* member, std::vector<std::string_view> names) {
    return [=](Settings& settings, Value const& value) {
        auto const found = std::ranges::find(names, text_of(value));
        if (found == names.end()) return Taken::wrong;
        settings.*member = static_cast<T>(found - names.begin());
        return Taken::yes;
    };
}

Taken take_sealing_secret(Settings& settings, Value const& value) {
    if (aws::is_secret_reference(text_of(value))) {
        settings.sealing_secret_from = text_of(value);
        return Taken::yes;
    }
    if (value.get_string().size() < least_sealing_secret_bytes) return Taken::wrong;
    settings.sealing_secret = Secret(std::string(text_of(value)));
    return Taken::yes;
}

std::vector<Key> make_keys() {
    using enum KeyKind;
    constexpr std::int64_t gigabyte = std::int64_t{1} << 30;
    std::vector<Key> keys{
        {"server.listen", KeyKind::text, R"("127.0.0.1:8080")",
         "an IP address with a port such as 127.0.0.1:8080 or [::1]:8080", take_listen},
        {"server.data", KeyKind::text, R"("data")", "a folder whose name is UTF-8", take_data},
        {"server.public_url", KeyKind::text, R"("")",
         "an address such as https://chat.example.com, without a path", take_public_url},
        {"server.trusted_proxies", list, "[]",
         "a list of addresses or ranges such as [\"10.0.0.0/8\"]", take_trusted_proxies},
        {"server.allowed_hosts", list, "[]",
         "a list of host names without ports such as [\"chat.example.com\"]", take_allowed_hosts},
        {"server.drain_time", duration, R"("25s")", "a time from 0s to 1h such as \"25s\"",
         take_drain_time},
        {"server.outbound_proxy", KeyKind::text, R"("none")", "\"none\" or \"environment\"",
         choice(&Settings::outbound_proxy, {"none", "environment"})},
        {"server.find_local_models", boolean, "true", "true or false",
         flag(&Settings::find_local_models)},
        {"limits.turns_per_user", integer, "256", "a number from 1 to 100000",
         number(&Settings::turns_per_user, 1, 100'000)},
        {"limits.max_connections", integer, "18000", "a number from 1 to 1000000",
         number(&Settings::max_connections, 1, 1'000'000)},
        {"limits.max_answer_bytes", integer, "4194304", "a number of bytes from 1024 to 268435456",
         number(&Settings::max_answer_bytes, 1024, 268'435'456)},
        {"chat.default_model", KeyKind::text, R"("")", "a model such as \"local/qwen3\"",
         server::text(&Settings::default_model, 512)},
        {"chat.system_prompt", KeyKind::text, R"("")", "a text of at most 65536 bytes",
         server::text(&Settings::system_prompt, 65'536)},
        {"chat.greeting", KeyKind::text, R"("")", "a text of at most 16384 bytes",
         server::text(&Settings::greeting, 16'384)},
        {"chat.starters", list, "[]",
         "a list of at most 12 tables { title = \"…\", prompt = \"…\" }", take_starters},
        {"uploads.enabled", boolean, "true", "true or false", flag(&Settings::uploads_enabled)},
        {"uploads.types", list, R"(["image/*","text/*","application/pdf","application/json"])",
         "a list of media types such as [\"image/*\"]", text_list(&Settings::upload_types)},
        {"uploads.max_files", integer, "20", "a number from 1 to 1000",
         number(&Settings::max_files, 1, 1000)},
        {"uploads.max_bytes", integer, "524288000", "a number of bytes from 1 to 1099511627776",
         number(&Settings::max_file_bytes, 1, 1024 * gigabyte)},
        {"log.level", KeyKind::text, R"("info")", "\"debug\", \"info\", \"warning\" or \"error\"",
         take_log_level},
        {"log.format", KeyKind::text, R"("text")", "\"text\" or \"json\"", take_log_format},
        {"log.requests", KeyKind::text, R"("auto")", "\"auto\", \"on\" or \"off\"",
         choice(&Settings::request_log, {"auto", "on", "off"})},
        {"log.metrics", KeyKind::text, R"("none")", "\"none\" or \"emf\"",
         choice(&Settings::logged_metrics, {"none", "emf"})},
        {"secret", secret, R"("")", "at least 32 characters; kaiwa create-secret makes one",
         take_sealing_secret},
        {"lambda.response", KeyKind::text, R"("buffered")", "\"buffered\" or \"stream\"",
         choice(&Settings::function_response, {"buffered", "stream"})}};
    std::ranges::move(store_keys(), std::back_inserter(keys));
    std::ranges::move(compat_keys(), std::back_inserter(keys));
    return keys;
}

std::optional<Value> read_integer(std::string_view given) {
    std::int64_t number = 0;
    auto const end = given.data() + given.size();
    auto const [stop, error] = std::from_chars(given.data(), end, number);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return Value(number);
}

/// "250ms", "25s", "2m", "1h"; a number alone is seconds.
std::optional<Value> read_duration(std::string_view given) {
    std::int64_t number = 0;
    auto const end = given.data() + given.size();
    auto const [stop, error] = std::from_chars(given.data(), end, number);
    if (error != std::errc{} || number < 0 || number > 1'000'000'000) return std::nullopt;
    std::string_view const unit(stop, end);
    if (unit == "ms") return Value(number);
    if (unit == "s" || unit.empty()) return Value(number * 1000);
    if (unit == "m") return Value(number * 60'000);
    if (unit == "h") return Value(number * 3'600'000);
    return std::nullopt;
}

std::optional<Value> read_text_as(KeyKind kind, std::string const& given) {
    switch (kind) {
        case KeyKind::text:
        case KeyKind::secret:
            if (!is_valid_utf8(given)) return std::nullopt;
            return Value(json::string(given));
        case KeyKind::integer:
            return read_integer(given);
        case KeyKind::duration:
            return read_duration(given);
        case KeyKind::boolean:
            if (given != "true" && given != "false") return std::nullopt;
            return Value(given == "true");
        case KeyKind::list:
        case KeyKind::table:
            break;
    }
    auto parsed = parse_json(given);
    if (!parsed || (kind == KeyKind::list ? !parsed->is_array() : !parsed->is_object()))
        return std::nullopt;
    return std::move(*parsed);
}

}  // namespace

std::span<Key const> config_keys() {
    static std::vector<Key> const keys = make_keys();
    return keys;
}

std::optional<Value> read_as(KeyKind kind, Given const& given) {
    if (auto const* variable = std::get_if<std::string>(&given.value))
        return read_text_as(kind, *variable);
    auto const& value = std::get<Value>(given.value);
    switch (kind) {
        case KeyKind::text:
        case KeyKind::secret:
            return value.is_string() ? std::optional(value) : std::nullopt;
        case KeyKind::integer:
            return value.is_int64() ? std::optional(value) : std::nullopt;
        case KeyKind::boolean:
            return value.is_bool() ? std::optional(value) : std::nullopt;
        case KeyKind::list:
            return value.is_array() ? std::optional(value) : std::nullopt;
        case KeyKind::table:
            return value.is_object() ? std::optional(value) : std::nullopt;
        case KeyKind::duration:
            break;
    }
    if (value.is_string()) return read_duration(text_of(value));
    if (value.is_int64()) return read_duration(std::to_string(value.get_int64()));
    return std::nullopt;
}

}  // namespace kaiwa::server
