#include "aws/credentials_json.hpp"

#include "base/json.hpp"

#include <fmt/format.h>

namespace kaiwa::aws {

namespace {

struct Names {
    std::string_view key_id;
    std::string_view secret;
    std::string_view token;
    std::string_view expiration;
};

Names names_of(CredentialsForm form) {
    if (form == CredentialsForm::sso) {
        return {"accessKeyId", "secretAccessKey", "sessionToken", "expiration"};
    }
    auto const token = form == CredentialsForm::process ? "SessionToken" : "Token";
    return {"AccessKeyId", "SecretAccessKey", token, "Expiration"};
}

std::string text_of(json::object const& object, std::string_view name) {
    auto const* value = object.if_contains(name);
    auto const* text = value != nullptr ? value->if_string() : nullptr;
    return text != nullptr ? std::string(*text) : std::string();
}

std::unexpected<Error> refused(std::string message) {
    return fail(Errc::invalid_argument, std::move(message));
}

/// When they end: RFC 3339, or milliseconds since 1970.
Result<std::optional<Timestamp>> expiry_of(json::object const& object, std::string_view name) {
    auto const* value = object.if_contains(name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    if (auto const* number = value->if_int64()) {
        // Beyond the year 9999 it is no time.
        if (*number < 0 || *number > 253'402'300'799'999) return refused("its expiration is no time");
        return Timestamp(std::chrono::milliseconds(*number));
    }
    auto const time = parse_rfc3339(text_of(object, name));
    if (!time) return refused("its expiration is no time");
    return *time;
}

}  // namespace

Result<Credentials> parse_credentials(std::string_view text, CredentialsForm form) {
    auto const value = parse_json(text);
    auto const* object = value ? value->if_object() : nullptr;
    if (object == nullptr) return refused("it is no JSON object");
    if (form == CredentialsForm::process) {
        auto const* version = object->if_contains("Version");
        if (version == nullptr || *version != 1) return refused("its Version is not 1");
    }
    if (form == CredentialsForm::instance) {
        auto const code = text_of(*object, "Code");
        if (!code.empty() && code != "Success") return refused("it says that it has none");
    }
    if (form == CredentialsForm::sso) {
        auto const* role = object->if_contains("roleCredentials");
        object = role != nullptr ? role->if_object() : nullptr;
        if (object == nullptr) return refused("it has no roleCredentials");
    }
    auto const names = names_of(form);
    Credentials credentials;
    credentials.access_key_id = text_of(*object, names.key_id);
    credentials.secret_access_key = Secret(text_of(*object, names.secret));
    credentials.session_token = Secret(text_of(*object, names.token));
    if (credentials.access_key_id.empty()) return refused(fmt::format("it has no {}", names.key_id));
    if (credentials.secret_access_key.empty()) {
        return refused(fmt::format("it has no {}", names.secret));
    }
    auto const expiry = expiry_of(*object, names.expiration);
    if (!expiry) return std::unexpected(expiry.error());
    credentials.expires_at = *expiry;
    return credentials;
}

}  // namespace kaiwa::aws
