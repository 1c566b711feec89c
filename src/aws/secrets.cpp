#include "aws/secrets.hpp"

#include "aws/endpoints.hpp"
#include "http/text.hpp"

#include <fmt/format.h>

#include <array>

namespace kaiwa::aws {

namespace {

constexpr std::string_view manager_prefix = "secret:aws-secret:";
constexpr std::string_view parameter_prefix = "secret:aws-ssm:";
constexpr std::size_t max_name_bytes = 2'048;

std::unexpected<Failure> unreadable(std::string message) {
    return fail(Failure::Kind::unreadable, std::move(message));
}

/// "arn:aws:secretsmanager:eu-west-1:123:secret:x" says its region.
std::string region_of(std::string_view name) {
    if (!name.starts_with("arn:")) return {};
    std::array<std::string_view, 4> parts;
    for (auto& part : parts) {
        auto const end = std::min(name.find(':'), name.size());
        part = name.substr(0, end);
        name.remove_prefix(std::min(end + 1, name.size()));
    }
    return is_region(parts[3]) ? std::string(parts[3]) : std::string();
}

std::string const* text_in(json::value const& value, std::string_view name, std::string& into) {
    auto const* object = value.if_object();
    auto const* member = object != nullptr ? object->if_contains(name) : nullptr;
    auto const* text = member != nullptr ? member->if_string() : nullptr;
    if (text == nullptr) return nullptr;
    into.assign(text->data(), text->size());
    return &into;
}

Outcome<Secret> field_of(std::string const& text, std::string_view field) {
    auto const value = parse_json(text);
    std::string found;
    if (!value || text_in(*value, field, found) == nullptr) {
        return unreadable(fmt::format("the secret is no JSON with a text \"{}\"", field));
    }
    return Secret(std::move(found));
}

asio::awaitable<Outcome<Secret>> ask_manager(ServiceClient& client, SecretReference reference) {
    json::value question = json::object{{"SecretId", reference.name}};
    auto const answer =
        co_await client.call_json("1.1", "secretsmanager.GetSecretValue", std::move(question));
    if (!answer) co_return std::unexpected(answer.error());
    std::string text;
    if (text_in(*answer, "SecretString", text) == nullptr) {
        co_return unreadable("the secret is binary; a text is needed");
    }
    if (reference.field.empty()) co_return Secret(std::move(text));
    co_return field_of(text, reference.field);
}

asio::awaitable<Outcome<Secret>> ask_parameters(ServiceClient& client, SecretReference reference) {
    json::value question = json::object{{"Name", reference.name}, {"WithDecryption", true}};
    auto const answer =
        co_await client.call_json("1.1", "AmazonSSM.GetParameter", std::move(question));
    if (!answer) co_return std::unexpected(answer.error());
    auto const* object = answer->if_object();
    auto const* parameter = object != nullptr ? object->if_contains("Parameter") : nullptr;
    std::string text;
    if (parameter == nullptr || text_in(*parameter, "Value", text) == nullptr) {
        co_return unreadable("the answer has no value");
    }
    if (reference.field.empty()) co_return Secret(std::move(text));
    co_return field_of(text, reference.field);
}

}  // namespace

bool is_secret_reference(std::string_view text) {
    return text.starts_with(manager_prefix) || text.starts_with(parameter_prefix);
}

Result<SecretReference> parse_secret_reference(std::string_view text) {
    SecretReference reference;
    if (text.starts_with(parameter_prefix)) {
        reference.keeper = SecretReference::Keeper::parameter_store;
        text.remove_prefix(parameter_prefix.size());
    } else if (text.starts_with(manager_prefix)) {
        text.remove_prefix(manager_prefix.size());
    } else {
        text = {};
    }
    auto const hash = text.find('#');
    reference.name = text.substr(0, hash);
    if (hash != text.npos) reference.field = text.substr(hash + 1);
    bool const fits = !reference.name.empty() && text.size() <= max_name_bytes &&
                      http::is_field_value(text) && !(hash != text.npos && reference.field.empty());
    if (!fits) {
        return kaiwa::fail(Errc::invalid_argument,
                           "expected secret:aws-secret:NAME, secret:aws-secret:NAME#field or "
                           "secret:aws-ssm:NAME");
    }
    return reference;
}

asio::awaitable<Outcome<Secret>> fetch_secret(Session& session, SecretReference reference) {
    bool const is_manager = reference.keeper == SecretReference::Keeper::secrets_manager;
    std::string const name = is_manager ? "secretsmanager" : "ssm";
    ServiceAddress address{.service = name, .host = name, .region = region_of(reference.name)};
    auto const client = make_client(session, std::move(address));
    if (is_manager) co_return co_await ask_manager(*client, std::move(reference));
    co_return co_await ask_parameters(*client, std::move(reference));
}

}  // namespace kaiwa::aws
