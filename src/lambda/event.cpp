#include "lambda/event.hpp"

#include "lambda/http_event.hpp"

namespace kaiwa::lambda {
namespace {

std::string_view text_at(json::object const& object, std::string_view name) {
    auto const* member = object.if_contains(name);
    auto const* text = member ? member->if_string() : nullptr;
    return text ? std::string_view(*text) : std::string_view();
}

json::object const* object_at(json::object const& object, std::string_view name) {
    auto const* member = object.if_contains(name);
    return member ? member->if_object() : nullptr;
}

Result<Event> read_own(json::object const& event) {
    if (text_at(event, "kaiwa") == "clean") return CleanEvent{};
    auto const id = GenerationId::parse(text_at(event, "generation"));
    if (text_at(event, "kaiwa") != "run" || !id)
        return fail(
            Errc::invalid_argument,
            "an event with \"kaiwa\" must be {\"kaiwa\":\"run\",\"generation\":\"<id>\"} or "
            "{\"kaiwa\":\"clean\"}");
    return RunEvent{*id};
}

}  // namespace

Result<Event> read_event(std::string_view payload,
                         std::vector<http::AddressRange> const& trusted_proxies) {
    auto parsed = parse_json(payload);
    if (!parsed) return std::unexpected(parsed.error());
    auto* event = parsed->if_object();
    if (!event) return fail(Errc::invalid_argument, "the event must be a JSON object");

    if (auto const* context = object_at(*event, "requestContext")) {
        if (text_at(*event, "version") == "2.0" && object_at(*context, "http"))
            return read_http_v2(*event, *context, trusted_proxies);
        if (object_at(*context, "elb")) return read_balancer(*event, trusted_proxies);
        if (context->contains("connectionId"))
            return fail(Errc::unsupported,
                        "API Gateway's WebSocket events are not served; use an HTTP API, a REST "
                        "API or a function URL, and follow answers by server-sent events");
        if (!text_at(*event, "httpMethod").empty())
            return read_rest_v1(*event, *context, trusted_proxies);
    }
    if (event->contains("kaiwa")) return read_own(*event);
    return DirectEvent{std::move(*event)};
}

}  // namespace kaiwa::lambda
