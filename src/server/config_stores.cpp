#include "server/config_stores.hpp"

#include "aws/endpoints.hpp"
#include "server/provider_gate.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kaiwa::server {
namespace {

using Value = boost::json::value;

std::string_view text_of(Value const& value) {
    auto const& text = value.get_string();
    return {text.data(), text.size()};
}

bool is_small_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

Taken take_store_kind(Settings& settings, Value const& value) {
    auto const kind = text_of(value);
    if (kind == "sqlite")
        settings.store = StoreKind::sqlite;
    else if (kind == "dynamodb")
        settings.store = StoreKind::dynamodb;
    else
        return kind == "postgres" ? Taken::not_built : Taken::wrong;
    return Taken::yes;
}

Taken take_files_kind(Settings& settings, Value const& value) {
    auto const kind = text_of(value);
    if (kind != "directory" && kind != "s3") return Taken::wrong;
    settings.files = kind == "s3" ? FilesKind::s3 : FilesKind::directory;
    return Taken::yes;
}

auto take_table(std::string DynamoSettings::* member) {
    return [=](Settings& settings, Value const& value) {
        auto const name = text_of(value);
        if (!is_table_name(name)) return Taken::wrong;
        settings.dynamodb.*member = name;
        return Taken::yes;
    };
}

auto take_switch(bool DynamoSettings::* member) {
    return [=](Settings& settings, Value const& value) {
        settings.dynamodb.*member = value.get_bool();
        return Taken::yes;
    };
}

/// The name becomes part of a host, or of a path.
Taken take_bucket(Settings& settings, Value const& value) {
    auto const name = text_of(value);
    bool const fits = name.size() >= 3 && name.size() <= 63 && is_small_or_digit(name.front()) &&
                      is_small_or_digit(name.back()) && !name.contains("..") &&
                      std::ranges::all_of(name, [](char c) {
                          return is_small_or_digit(c) || c == '.' || c == '-';
                      });
    if (!name.empty() && !fits) return Taken::wrong;
    settings.s3.bucket = name;
    return Taken::yes;
}

Taken take_prefix(Settings& settings, Value const& value) {
    auto const prefix = text_of(value);
    bool const is_relative =
        ("/" + std::string(prefix)).contains("/./") || ("/" + std::string(prefix)).contains("/../");
    if (prefix.size() > 256 || prefix.starts_with('/') || prefix.contains("//") || is_relative)
        return Taken::wrong;
    settings.s3.prefix = prefix;
    return Taken::yes;
}

/// `Part` is what a service of AWS is told: region, endpoint and profile.
template <class Part>
auto take_region(Part Settings::* part) {
    return [=](Settings& settings, Value const& value) {
        auto const region = text_of(value);
        if (!region.empty() && !aws::is_region(region)) return Taken::wrong;
        (settings.*part).region = region;
        return Taken::yes;
    };
}

template <class Part>
auto take_endpoint(Part Settings::* part) {
    return [=](Settings& settings, Value const& value) {
        auto const url = text_of(value);
        bool const has_path =
            !url.empty() && url.find('/', url.find("//") + 2) != std::string_view::npos;
        if (!url.empty() && (!host_and_port(url) || has_path)) return Taken::wrong;
        (settings.*part).endpoint = url;
        return Taken::yes;
    };
}

template <class Part>
auto take_profile(Part Settings::* part) {
    return [=](Settings& settings, Value const& value) {
        (settings.*part).profile = text_of(value);
        return (settings.*part).profile.size() <= 128 ? Taken::yes : Taken::wrong;
    };
}

std::unexpected<Error> wrong(std::string message) {
    return fail(Errc::invalid_argument, std::move(message));
}

}  // namespace

bool is_table_name(std::string_view name) {
    return name.size() >= 3 && name.size() <= 255 && std::ranges::all_of(name, [](char c) {
               return is_small_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
                      c == '-';
           });
}

std::vector<Key> store_keys() {
    using enum KeyKind;
    constexpr std::string_view a_region = "a region such as ap-northeast-1";
    constexpr std::string_view an_endpoint =
        "an address such as http://127.0.0.1:8000, without a path";
    constexpr std::string_view a_table = "a table's name: 3 to 255 of a-z A-Z 0-9 _ . -";
    return {
        {"store.kind", text, R"("sqlite")", "\"sqlite\" or \"dynamodb\"", take_store_kind},
        {"store.dynamodb.table", text, R"("ChainlitData")", a_table,
         take_table(&DynamoSettings::table)},
        {"store.dynamodb.user_table", text, R"("UserAuth")", a_table,
         take_table(&DynamoSettings::user_table)},
        {"store.dynamodb.create_tables", boolean, "false", "true or false",
         take_switch(&DynamoSettings::create_tables)},
        {"store.dynamodb.keep_sha256", boolean, "false", "true or false",
         take_switch(&DynamoSettings::keep_sha256)},
        {"store.dynamodb.region", text, R"("")", a_region, take_region(&Settings::dynamodb)},
        {"store.dynamodb.endpoint", text, R"("")", an_endpoint, take_endpoint(&Settings::dynamodb)},
        {"store.dynamodb.profile", text, R"("")", "a profile's name",
         take_profile(&Settings::dynamodb)},
        {"files.kind", text, R"("directory")", "\"directory\" or \"s3\"", take_files_kind},
        {"files.s3.bucket", text, R"("")",
         "a bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens", take_bucket},
        {"files.s3.prefix", text, R"("")",
         "what object names begin with such as \"kaiwa/\", at most 256 bytes", take_prefix},
        {"files.s3.region", text, R"("")", a_region, take_region(&Settings::s3)},
        {"files.s3.endpoint", text, R"("")", an_endpoint, take_endpoint(&Settings::s3)},
        {"files.s3.profile", text, R"("")", "a profile's name", take_profile(&Settings::s3)}};
}

Result<void> check_stores(Settings const& settings,
                          std::function<std::string(std::string_view path)> const& source_of) {
    // A key made by one server would open nothing at the others, and would not outlive a container.
    if (settings.store == StoreKind::dynamodb && !settings.sealing_secret &&
        settings.sealing_secret_from.empty())
        return wrong(fmt::format(
            "{}: store.kind: \"dynamodb\" needs KAIWA_SECRET, the same on every server: at least "
            "32 characters; kaiwa create-secret makes one",
            source_of("store.kind")));
    if (settings.files == FilesKind::s3 && settings.s3.bucket.empty())
        return wrong(fmt::format("{}: files.kind: \"s3\" needs files.s3.bucket, a bucket's name",
                                 source_of("files.kind")));
    return {};
}

}  // namespace kaiwa::server
