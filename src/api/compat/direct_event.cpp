#include "api/compat/direct_event.hpp"

#include "api/compat/answering.hpp"
#include "api/compat/roles.hpp"

namespace kaiwa::api::compat {
namespace {

constexpr std::string_view lambda_issuer = "aws:lambda";

asio::awaitable<Result<DialectCaller>> direct_caller(Services const& services,
                                                     PrincipalKind principal) {
    if (principal == PrincipalKind::anonymous) co_return DialectCaller{};
    auth::ExternalIdentity identity{std::string(lambda_issuer), "invoke", "direct invocation"};
    auto caller = co_await services.api->authenticator.recognise(std::move(identity));
    if (!caller) co_return std::unexpected(caller.error());
    co_return DialectCaller{std::move(*caller)};
}

/// The event's members, or those of its query string when there is one.
Result<json::value> members_of(json::value event) {
    auto* object = event.if_object();
    if (!object) return fail(Errc::invalid_argument, "the event must be a JSON object");
    auto* query = object->if_contains("queryStringParameters");
    if (!query || !query->is_object() || query->get_object().empty()) return event;
    return json::value(std::move(*query));
}

/// As S3's function answers API Gateway.
json::value proxy_answer(Reply const& reply) {
    json::object headers{{"Content-Type", "application/json"}};
    for (auto const& [name, value] : cors_headers(Dialect::gptgram, Outcome::success))
        headers[name] = value;
    return json::object{
        {"statusCode", reply.status}, {"headers", std::move(headers)}, {"body", reply.json}};
}

}  // namespace

asio::awaitable<Result<json::value>> answer_direct_event(Services const& services, json::value event,
                                                         SteadyTime deadline) {
    auto const settings = services.settings();
    auto members = members_of(std::move(event));
    if (!members) co_return std::unexpected(members.error());
    auto const* action_member = members->get_object().if_contains("action");
    auto const dialect =
        action_member && !action_member->is_null() ? Dialect::gptgram : Dialect::lambda_url;
    if (!settings->has(dialect))
        co_return fail(Errc::invalid_argument, "compat.endpoints does not name the event's dialect");
    auto asked = read_body(dialect, *members);
    if (!asked) co_return std::unexpected(asked.error());
    auto caller = co_await direct_caller(services, settings->of(dialect).principal);
    if (!caller) co_return std::unexpected(caller.error());

    if (asked->role_action) {
        auto action = std::move(*asked->role_action);
        auto reply = co_await act_on_role(services, std::move(*caller), std::move(action));
        if (!reply) co_return std::unexpected(reply.error());
        co_return proxy_answer(*reply);
    }
    auto begun =
        co_await begin(services, *settings, std::move(*caller), *asked, chat::RunPlace::here);
    if (!begun) co_return std::unexpected(begun.error());
    auto reply = co_await wait_for_reply(services, *begun, *asked, deadline);
    if (!reply) co_return std::unexpected(reply.error());
    if (reply->status != 202) co_await forget(services, *begun);
    if (!reply->words.empty()) co_return fail(Errc::unavailable, std::move(reply->words));
    auto answer = parse_json(reply->json);
    if (!answer) co_return fail(Errc::internal, "an answer was no JSON");
    co_return std::move(*answer);
}

}  // namespace kaiwa::api::compat
