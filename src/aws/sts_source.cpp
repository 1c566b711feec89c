#include "aws/endpoints.hpp"
#include "aws/service_client.hpp"
#include "aws/sources.hpp"
#include "aws/xml.hpp"
#include "http/target.hpp"

#include <fmt/format.h>

namespace kaiwa::aws {

namespace {

using Form = std::vector<std::pair<std::string, std::string>>;
constexpr std::size_t max_answer_bytes = 64 * 1024;

Failure no_credentials(std::string message) {
    return fail(Failure::Kind::credentials, std::move(message)).error();
}

std::string encode(Form const& form) {
    std::string body;
    for (auto const& [name, value] : form) {
        if (value.empty()) continue;
        if (!body.empty()) body += '&';
        body.append(name).append("=").append(http::percent_encode(value));
    }
    return body;
}

Outcome<Credentials> read_answer(std::string const& body, RoleRequest const& request) {
    Credentials credentials;
    credentials.access_key_id = xml_text(body, "AccessKeyId").value_or("");
    credentials.secret_access_key = Secret(xml_text(body, "SecretAccessKey").value_or(""));
    credentials.session_token = Secret(xml_text(body, "SessionToken").value_or(""));
    auto const end = parse_rfc3339(xml_text(body, "Expiration").value_or(""));
    if (credentials.access_key_id.empty() || credentials.secret_access_key.empty() ||
        credentials.session_token.empty() || !end) {
        return std::unexpected(no_credentials(
            fmt::format("{}: the answer of STS has no credentials", request.source)));
    }
    credentials.expires_at = *end;
    credentials.source = request.source;
    return credentials;
}

asio::awaitable<Outcome<Credentials>> ask_sts(Surroundings const& around, RoleRequest request,
                                              CredentialProvider& caller, Form form) {
    auto name = request.session_name;
    if (name.empty()) name = "kaiwa-" + around.random.token(12);
    form.emplace_back("Version", "2011-06-15");
    form.emplace_back("RoleArn", request.role);
    form.emplace_back("RoleSessionName", std::move(name));
    form.emplace_back("ExternalId", request.external_id);
    form.emplace_back("DurationSeconds", request.duration_seconds);
    auto const region = request.region.empty() ? std::string("us-east-1") : request.region;
    auto url = service_url(around.variables, "sts", region);
    around.expect(url);
    ServiceClient sts(around.services, caller, around.clock, around.random,
                      {"sts", region, std::move(url)});
    ServiceRequest call;
    call.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    call.body = encode(form);
    call.deadlines.connect = std::chrono::seconds(5);
    call.deadlines.first_byte = std::chrono::seconds(10);
    call.deadlines.total = std::chrono::seconds(30);
    auto const reply = co_await sts.call(std::move(call), max_answer_bytes);
    if (reply) co_return read_answer(reply->body, request);
    if (reply.error().kind == Failure::Kind::cancelled) co_return std::unexpected(reply.error());
    co_return std::unexpected(
        no_credentials(fmt::format("{}: {} cannot be assumed: {}", request.source, request.role,
                                   to_error(reply.error(), "STS").message),
                       reply.error()));
}

}  // namespace

asio::awaitable<Outcome<Credentials>> assume_role_with_token(Surroundings const& around,
                                                             RoleRequest request,
                                                             std::string token_file) {
    auto const token = co_await read_token(around.files, in_home(around.variables, token_file));
    if (!token) {
        co_return std::unexpected(
            no_credentials(fmt::format("{}: {}", request.source, token.error().message)));
    }
    StaticCredentials nobody;
    Form form{{"Action", "AssumeRoleWithWebIdentity"},
              {"WebIdentityToken", *token}};
    co_return co_await ask_sts(around, std::move(request), nobody, std::move(form));
}

asio::awaitable<Outcome<Credentials>> assume_role(Surroundings const& around, RoleRequest request,
                                                  Credentials caller) {
    StaticCredentials known(std::move(caller));
    Form form{{"Action", "AssumeRole"}};
    co_return co_await ask_sts(around, std::move(request), known, std::move(form));
}

asio::awaitable<Found> from_web_identity(Surroundings const& around, std::string region) {
    auto const file = around.variables("AWS_WEB_IDENTITY_TOKEN_FILE");
    if (!file) co_return std::nullopt;
    auto const role = around.variables("AWS_ROLE_ARN");
    if (!role) {
        co_return std::unexpected(no_credentials(
            "the environment has AWS_WEB_IDENTITY_TOKEN_FILE but no AWS_ROLE_ARN"));
    }
    RoleRequest request;
    request.role = *role;
    request.session_name = around.variables("AWS_ROLE_SESSION_NAME").value_or("");
    request.region = std::move(region);
    request.source = "web identity (AWS_WEB_IDENTITY_TOKEN_FILE)";
    auto assumed = co_await assume_role_with_token(around, std::move(request), *file);
    if (!assumed) co_return std::unexpected(assumed.error());
    co_return std::optional(std::move(*assumed));
}

}  // namespace kaiwa::aws
