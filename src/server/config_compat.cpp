#include "server/config_compat.hpp"

#include "oidc/discovery.hpp"
#include "server/config_stores.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace kaiwa::server {
namespace {

using api::compat::Dialect;
using Value = boost::json::value;

constexpr std::size_t max_system_prompt_bytes = 32 * 1024;
constexpr std::string_view principals = "\"api-key\", \"issuer\", \"iam\" or \"anonymous\"";

std::string_view text_of(Value const& value) {
    auto const& text = value.get_string();
    return {text.data(), text.size()};
}

Taken take_endpoints(Settings& settings, Value const& value) {
    for (auto const dialect : api::compat::all_dialects)
        settings.compat.of(dialect).enabled = false;
    for (auto const& item : value.get_array()) {
        auto const dialect =
            item.is_string() ? api::compat::parse_dialect(text_of(item)) : std::nullopt;
        if (!dialect) return Taken::wrong;
        settings.compat.of(*dialect).enabled = true;
    }
    return Taken::yes;
}

/// One segment of a path, or nothing.
Taken take_stage(Settings& settings, Value const& value) {
    auto const given = text_of(value);
    if (given.contains('/') || given.size() > 128) return Taken::wrong;
    settings.compat.stage = given;
    return Taken::yes;
}

Taken take_answer_within(Settings& settings, Value const& value) {
    auto const milliseconds = value.get_int64();
    if (milliseconds < 1000 || milliseconds > 900'000) return Taken::wrong;
    settings.compat.answer_within = std::chrono::milliseconds(milliseconds);
    return Taken::yes;
}

Taken take_history(Settings& settings, Value const& value) {
    auto const kind = text_of(value);
    settings.compat_tables.langchain_history = kind == "langchain";
    return kind == "kaiwa" || kind == "langchain" ? Taken::yes : Taken::wrong;
}

Taken take_history_table(Settings& settings, Value const& value) {
    settings.compat_tables.history = text_of(value);
    return is_table_name(text_of(value)) ? Taken::yes : Taken::wrong;
}

Taken take_history_days(Settings& settings, Value const& value) {
    auto const days = value.get_int64();
    if (days < 0 || days > 36'500) return Taken::wrong;
    settings.compat_tables.history_expires = std::chrono::days(days);
    return Taken::yes;
}

Taken take_session_days(Settings& settings, Value const& value) {
    auto const days = value.get_int64();
    if (days < 0 || days > 36'500) return Taken::wrong;
    settings.compat.anonymous.session_days = std::chrono::days(days);
    return Taken::yes;
}

Taken take_roles_table(Settings& settings, Value const& value) {
    auto const name = text_of(value);
    if (!name.empty() && !is_table_name(name)) return Taken::wrong;
    settings.compat_tables.roles = name;
    return Taken::yes;
}

auto anonymous_limit(std::size_t api::compat::AnonymousLimits::* member, std::int64_t most) {
    return [=](Settings& settings, Value const& value) {
        auto const given = value.get_int64();
        if (given < 1 || given > most) return Taken::wrong;
        settings.compat.anonymous.*member = static_cast<std::size_t>(given);
        return Taken::yes;
    };
}

/// Where a key of `[compat]` (no dialect) or of a dialect's table goes.
CompatChoice& choice(Settings& settings, std::optional<Dialect> dialect) {
    return dialect ? settings.compat_choices[static_cast<std::size_t>(*dialect)]
                   : settings.compat_choice;
}

auto take_principal(std::optional<Dialect> dialect) {
    return [=](Settings& settings, Value const& value) {
        auto const kind = api::compat::parse_principal_kind(text_of(value));
        if (!kind) return Taken::wrong;
        choice(settings, dialect).principal = *kind;
        return Taken::yes;
    };
}

auto take_issuer(std::optional<Dialect> dialect) {
    return [=](Settings& settings, Value const& value) {
        auto const given = text_of(value);
        if (!given.empty() && !oidc::is_issuer(given)) return Taken::wrong;
        choice(settings, dialect).issuer = given;
        return Taken::yes;
    };
}

auto take_audience(std::optional<Dialect> dialect) {
    return [=](Settings& settings, Value const& value) {
        if (value.get_string().size() > 512) return Taken::wrong;
        choice(settings, dialect).audience = text_of(value);
        return Taken::yes;
    };
}

auto take_model(Dialect dialect) {
    return [=](Settings& settings, Value const& value) {
        auto const given = text_of(value);
        if (given.size() > 512) return Taken::wrong;
        auto& model = settings.compat.of(dialect).turn.model;
        if (given.empty()) model.reset();
        else model = std::string(given);
        return Taken::yes;
    };
}

auto take_system_prompt(Dialect dialect) {
    return [=](Settings& settings, Value const& value) {
        auto const given = text_of(value);
        if (given.size() > max_system_prompt_bytes) return Taken::wrong;
        settings.compat.of(dialect).turn.system_prompt = std::string(given);
        return Taken::yes;
    };
}

std::optional<double> fraction(Value const& value) {
    if (!value.is_number()) return std::nullopt;
    auto const number = value.to_number<double>();
    if (!(number >= 0 && number <= 1)) return std::nullopt;
    return number;
}

/// Replaces all of a dialect's parameters.
auto take_parameters(Dialect dialect) {
    return [=](Settings& settings, Value const& value) {
        auto& turn = settings.compat.of(dialect).turn;
        turn.temperature.reset();
        turn.top_p.reset();
        turn.max_tokens.reset();
        for (auto const& member : value.get_object()) {
            if (member.key() == "max_tokens") {
                auto const* count = member.value().if_int64();
                if (!count || *count < 1 || *count > 10'000'000) return Taken::wrong;
                turn.max_tokens = *count;
                continue;
            }
            auto const number = fraction(member.value());
            if (!number) return Taken::wrong;
            if (member.key() == "temperature") turn.temperature = number;
            else if (member.key() == "top_p") turn.top_p = number;
            else return Taken::wrong;
        }
        return Taken::yes;
    };
}

std::string parameters_of(Dialect dialect) {
    auto const defaults = api::compat::default_settings();
    auto const& turn = defaults.of(dialect).turn;
    std::string text;
    if (turn.max_tokens) text += fmt::format("\"max_tokens\":{}", *turn.max_tokens);
    if (turn.temperature)
        text += fmt::format("{}\"temperature\":{}", text.empty() ? "" : ",", *turn.temperature);
    return "{" + text + "}";
}

void add_dialect(std::vector<Key>& keys, Dialect dialect) {
    using enum KeyKind;
    auto const path = [&](std::string_view name) {
        return fmt::format("compat.{}.{}", to_string(dialect), name);
    };
    auto const defaults = api::compat::default_settings();
    auto const& turn = defaults.of(dialect).turn;
    keys.push_back({path("principal"), KeyKind::text, R"("")", principals, take_principal(dialect)});
    keys.push_back({path("issuer"), KeyKind::text, R"("")",
                    "an issuer's address such as https://cognito-idp.<region>.amazonaws.com/<pool>",
                    take_issuer(dialect)});
    keys.push_back({path("audience"), KeyKind::text, R"("")", "a client id of at most 512 bytes",
                    take_audience(dialect)});
    keys.push_back({path("model"), KeyKind::text, R"("")", "a model such as \"local/qwen3\"",
                    take_model(dialect)});
    keys.push_back({path("parameters"), table, parameters_of(dialect),
                    "a table of max_tokens (1 or more), temperature and top_p (0 to 1)",
                    take_parameters(dialect)});
    keys.push_back({path("system_prompt"), KeyKind::text,
                    fmt::format("\"{}\"", turn.system_prompt.value_or("")),
                    "a text of at most 32768 bytes", take_system_prompt(dialect)});
}

}  // namespace

std::vector<Key> compat_keys() {
    using enum KeyKind;
    using api::compat::AnonymousLimits;
    std::vector<Key> keys{
        {"compat.endpoints", list, "[]",
         "a list of \"lambda-url\", \"simplechat\", \"gptgram\" and \"private-rag\"",
         take_endpoints},
        {"compat.principal", KeyKind::text, R"("api-key")", principals, take_principal({})},
        {"compat.issuer", KeyKind::text, R"("")",
         "an issuer's address such as https://cognito-idp.<region>.amazonaws.com/<pool>",
         take_issuer({})},
        {"compat.audience", KeyKind::text, R"("")", "a client id of at most 512 bytes",
         take_audience({})},
        {"compat.stage", KeyKind::text, R"("prod")", "one segment of a path such as \"prod\"",
         take_stage},
        {"compat.history", KeyKind::text, R"("kaiwa")", "\"kaiwa\" or \"langchain\"", take_history},
        {"compat.history_table", KeyKind::text, R"("ChatMessageHistory")",
         "a table's name of 3 to 255 letters, digits, _, . and -", take_history_table},
        {"compat.history_days", integer, "0", "a number of days from 0 (for ever) to 36500",
         take_history_days},
        {"compat.gptgram.roles_table", KeyKind::text, R"("")",
         "a table's name of 3 to 255 letters, digits, _, . and -, or nothing", take_roles_table},
        {"compat.answer_within", duration, R"("25s")", "a time from 1s to 15m such as \"25s\"",
         take_answer_within},
        {"compat.anonymous.turns_at_once", integer, "16", "a number from 1 to 100000",
         anonymous_limit(&AnonymousLimits::turns_at_once, 100'000)},
        {"compat.anonymous.requests_per_minute", integer, "30", "a number from 1 to 100000",
         anonymous_limit(&AnonymousLimits::requests_per_minute, 100'000)},
        {"compat.anonymous.max_message_bytes", integer, "16384",
         "a number of bytes from 1 to 262144",
         anonymous_limit(&AnonymousLimits::max_message_bytes, 262'144)},
        {"compat.anonymous.session_days", integer, "90",
         "a number of days from 0 (for ever) to 36500", take_session_days}};
    for (auto const dialect : api::compat::all_dialects) add_dialect(keys, dialect);
    return keys;
}

Result<void> finish_compat(Settings& settings) {
    for (auto const dialect : api::compat::all_dialects) {
        auto const& common = settings.compat_choice;
        auto const& own = choice(settings, dialect);
        auto& chosen = settings.compat.of(dialect);
        chosen.principal = own.principal.value_or(common.principal.value_or(chosen.principal));
        chosen.tokens.issuer = own.issuer.empty() ? common.issuer : own.issuer;
        chosen.tokens.audience = own.audience.empty() ? common.audience : own.audience;
        bool const needs_issuer =
            chosen.enabled && chosen.principal == api::compat::PrincipalKind::issuer;
        if (needs_issuer && (chosen.tokens.issuer.empty() || chosen.tokens.audience.empty()))
            return fail(Errc::invalid_argument,
                        fmt::format("compat.{0}: its principal is \"issuer\": expected "
                                    "compat.{0}.issuer and compat.{0}.audience, or both in [compat]",
                                    to_string(dialect)));
    }
    return {};
}

}  // namespace kaiwa::server
