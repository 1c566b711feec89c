#include "lambda/http_event.hpp"

#include "base/crypto.hpp"
#include "http/forwarded.hpp"
#include "http/head.hpp"
#include "http/target.hpp"
#include "http/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kaiwa::lambda {
namespace {

using http::Request;
using Ranges = std::vector<http::AddressRange>;

std::string_view text_of(json::value const* value) {
    auto const* text = value ? value->if_string() : nullptr;
    return text ? std::string_view(*text) : std::string_view();
}

std::string_view text_at(json::object const& object, std::string_view name) {
    return text_of(object.if_contains(name));
}

/// A map or list of the event; those that are null, absent or something else are empty.
json::object const& object_at(json::object const& object, std::string_view name) {
    static json::object const empty;
    auto const* member = object.if_contains(name);
    auto const* found = member ? member->if_object() : nullptr;
    return found ? *found : empty;
}

json::array const& array_at(json::object const& object, std::string_view name) {
    static json::array const empty;
    auto const* member = object.if_contains(name);
    auto const* found = member ? member->if_array() : nullptr;
    return found ? *found : empty;
}

Result<void> add_field(http::Headers& headers, std::string_view name, std::string_view value) {
    if (!http::is_token(name) || !http::is_field_value(value))
        return fail(Errc::invalid_argument, "a header field has a character that it must not have");
    headers.add(std::string(name), std::string(value));
    return {};
}

/// The fields of `multi`, each with all its values, and those of `single` that it does not name.
Result<http::Headers> read_headers(json::object const& single, json::object const& multi) {
    http::Headers headers;
    for (auto const& [name, values] : multi) {
        auto const* list = values.if_array();
        if (!list) continue;
        for (auto const& value : *list)
            if (auto added = add_field(headers, name, text_of(&value)); !added)
                return std::unexpected(added.error());
    }
    for (auto const& [name, value] : single) {
        if (!value.is_string() || headers.has(name)) continue;
        if (auto added = add_field(headers, name, text_of(&value)); !added)
            return std::unexpected(added.error());
    }
    auto const count = std::distance(headers.begin(), headers.end());
    if (static_cast<std::size_t>(count) > http::max_header_fields)
        return fail(Errc::invalid_argument,
                    fmt::format("more than {} header fields", http::max_header_fields));
    return headers;
}

Result<std::string> read_body(json::object const& event) {
    auto const body = text_at(event, "body");
    auto const* flag = event.if_contains("isBase64Encoded");
    bool const encoded = flag && flag->is_bool() && flag->get_bool();
    return encoded ? decode_base64(body) : Result<std::string>(std::string(body));
}

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Whether a gateway that shows paths decoded can have left `path` so: then what it says is what it
/// means. Anything else is taken as it was sent.
std::string as_sent(std::string_view path) {
    std::string sent;
    for (std::size_t i = 0; i < path.size(); ++i) {
        char const c = path[i];
        bool const escape =
            c == '%' && i + 2 < path.size() && is_hex(path[i + 1]) && is_hex(path[i + 2]);
        bool const plain = c > ' ' && c < 0x7f && c != '%' && c != '?' && c != '#';
        if (escape || plain)
            sent += c;
        else
            sent += http::percent_encode(path.substr(i, 1));
    }
    return sent;
}

std::string_view without_stage(std::string_view path, std::string_view stage) {
    if (stage.empty() || stage.starts_with('$') || !path.starts_with('/')) return path;
    auto const rest = path.substr(1);
    if (!rest.starts_with(stage)) return path;
    auto const after = rest.substr(stage.size());
    if (after.empty()) return "/";
    return after.starts_with('/') ? after : path;
}

Result<void> set_target(Request& request, std::string_view path, std::string_view query) {
    auto sent = as_sent(path.empty() ? "/" : path);
    if (!query.empty()) sent.append("?").append(query);
    auto target = http::parse_target(sent);
    if (!target) return std::unexpected(target.error());
    request.path = std::move(target->path);
    request.query = std::move(target->query);
    request.query_error = std::move(target->query_error);
    return {};
}

Result<void> set_method(Request& request, std::string_view method) {
    if (!http::is_token(method)) return fail(Errc::invalid_argument, "the method is no token");
    request.method = method;
    return {};
}

/// Takes the address that AWS saw, and what a trusted proxy in front of AWS says beyond it.
void set_asker(Request& request, std::string_view source, Ranges const& trusted) {
    boost::system::error_code error;
    auto const address = asio::ip::make_address(std::string(source), error);
    auto const peer = error ? asio::ip::address() : address;
    auto asker = http::find_asker(request.headers, peer, trusted);
    request.peer = asker.address;
    if (asker.host) request.headers.set("Host", std::move(*asker.host));
    request.forwarded = true;
}

/// Who signed: somebody of a Cognito identity pool, or whom the ARN names. A pool gives all its
/// people one role and one session name, so that without the identity the ARN names nobody.
std::optional<std::string> signer(std::string_view arn, std::string_view cognito_identity) {
    if (!cognito_identity.empty()) return "cognito-identity:" + std::string(cognito_identity);
    if (arn.ends_with("/CognitoIdentityCredentials")) return std::nullopt;
    return std::string(arn);
}

/// AWS checked the signature: who made it is known, and the field is no credential of ours.
void take_signature(Request& request, std::string_view arn, std::string_view cognito_identity) {
    if (arn.empty()) return;
    request.verified_identity = signer(arn, cognito_identity);
    if (!request.headers.get("Authorization").starts_with("AWS4-")) return;
    http::Headers kept;
    for (auto const& [name, value] : request.headers)
        if (!http::same_word(name, "Authorization")) kept.add(name, value);
    request.headers = std::move(kept);
}

/// Events that people make by hand, to try a function, may name no host at all. It is nobody's name
/// (RFC 6761), so that it is none of those that `server.public_url` lets in.
constexpr std::string_view nameless = "function.invalid";

Result<void> set_host(Request& request, std::string_view fallback) {
    if (fallback.empty()) fallback = nameless;
    if (request.headers.count("Host") == 0) request.headers.add("Host", std::string(fallback));
    auto const host = request.headers.get("Host");
    if (host.empty() || request.headers.count("Host") != 1 ||
        !http::is_field_value(host) || host.find_first_of("@/\\?# ,\t") != host.npos)
        return fail(Errc::invalid_argument,
                    "a request must have one Host field, a host and a port");
    return {};
}

/// The address goes first: a request whose method alone is known is nobody's.
Result<void> read_v2(Request& request, json::object const& event, json::object const& context,
                     Ranges const& trusted) {
    auto const& http = object_at(context, "http");
    auto const path = without_stage(text_at(event, "rawPath"), text_at(context, "stage"));
    if (auto set = set_target(request, path, text_at(event, "rawQueryString")); !set) return set;
    if (auto set = set_method(request, text_at(http, "method")); !set) return set;

    auto headers = read_headers(object_at(event, "headers"), {});
    if (!headers) return std::unexpected(headers.error());
    request.headers = std::move(*headers);
    std::string cookies;
    for (auto const& cookie : array_at(event, "cookies")) {
        if (!cookies.empty()) cookies += "; ";
        cookies += text_of(&cookie);
    }
    // Function URLs leave the field beside the list: it is the same cookies.
    if (!cookies.empty()) {
        if (!http::is_field_value(cookies))
            return fail(Errc::invalid_argument, "a cookie has a character that it must not have");
        request.headers.set("Cookie", std::move(cookies));
    }
    auto body = read_body(event);
    if (!body) return std::unexpected(body.error());
    request.body = std::move(*body);

    request.secure = true;
    set_asker(request, text_at(http, "sourceIp"), trusted);
    auto const& iam = object_at(object_at(context, "authorizer"), "iam");
    take_signature(request, text_at(iam, "userArn"),
                   text_at(object_at(iam, "cognitoIdentity"), "identityId"));
    return set_host(request, text_at(context, "domainName"));
}

/// Query parameters that the gateway took apart; `decode` where it left them encoded.
template <class Decode>
void set_query(Request& request, json::object const& single, json::object const& multi,
               Decode decode) {
    auto const add = [&](std::string_view name, std::string_view value) {
        auto decoded_name = decode(name);
        auto decoded_value = decode(value);
        auto& error = request.query_error;
        if (!error && !decoded_name) error = decoded_name.error();
        if (!error && !decoded_value) error = decoded_value.error();
        if (!decoded_name) return;
        request.query.emplace_back(std::move(*decoded_name),
                                   std::move(decoded_value).value_or(std::string()));
    };
    for (auto const& [name, values] : multi) {
        auto const* list = values.if_array();
        if (!list) continue;
        for (auto const& value : *list) add(name, text_of(&value));
    }
    for (auto const& [name, value] : single)
        if (!multi.contains(name)) add(name, text_of(&value));
}

/// A value that the gateway decoded. A NUL in it is refused as in an address.
Result<std::string> already_decoded(std::string_view text) {
    if (text.contains('\0')) return fail(Errc::invalid_argument, "the address must not have a NUL");
    return std::string(text);
}

/// '+' is a space, as in the address itself.
Result<std::string> form_decoded(std::string_view text) {
    std::string spaced(text);
    std::ranges::replace(spaced, '+', ' ');
    return http::percent_decode(spaced);
}

enum class QueryText { decoded, encoded };

/// What REST APIs and load balancers share; the address first, as above.
Result<void> read_v1_parts(Request& request, json::object const& event, QueryText text) {
    if (auto set = set_target(request, text_at(event, "path"), {}); !set) return set;
    if (auto set = set_method(request, text_at(event, "httpMethod")); !set) return set;
    auto const& single = object_at(event, "queryStringParameters");
    auto const& multi = object_at(event, "multiValueQueryStringParameters");
    if (text == QueryText::decoded)
        set_query(request, single, multi, already_decoded);
    else
        set_query(request, single, multi, form_decoded);
    auto headers = read_headers(object_at(event, "headers"), object_at(event, "multiValueHeaders"));
    if (!headers) return std::unexpected(headers.error());
    request.headers = std::move(*headers);
    auto body = read_body(event);
    if (!body) return std::unexpected(body.error());
    request.body = std::move(*body);
    return {};
}

Result<void> read_v1(Request& request, json::object const& event, json::object const& context,
                     Ranges const& trusted) {
    if (auto read = read_v1_parts(request, event, QueryText::decoded); !read) return read;
    auto const& identity = object_at(context, "identity");
    request.secure = true;
    set_asker(request, text_at(identity, "sourceIp"), trusted);
    take_signature(request, text_at(identity, "userArn"), text_at(identity, "cognitoIdentityId"));
    return set_host(request, text_at(context, "domainName"));
}

/// The last element of a list field: what the load balancer itself wrote.
std::string last_of(http::Headers const& headers, std::string_view field) {
    std::string last;
    for (auto const& [name, value] : headers) {
        if (!http::same_word(name, field)) continue;
        http::ListReader list(value);
        while (auto const element = list.next()) last = *element;
    }
    return last;
}

/// "203.0.113.9" of "203.0.113.9:4711", which a load balancer writes when told to keep the port.
std::string without_port(std::string hop) {
    if (hop.starts_with('[')) return hop.substr(1, hop.find(']') - 1);
    if (std::ranges::count(hop, ':') == 1) hop.resize(hop.find(':'));
    return hop;
}

Result<void> read_balancers(Request& request, json::object const& event, Ranges const& trusted) {
    if (auto read = read_v1_parts(request, event, QueryText::encoded); !read) return read;
    request.secure = http::same_word(last_of(request.headers, "x-forwarded-proto"), "https");
    set_asker(request, without_port(last_of(request.headers, "x-forwarded-for")), trusted);
    return set_host(request, {});
}

/// Function URLs and HTTP APIs send the same event; the latter may have a domain of their owner's.
Front front_of_v2(std::string_view domain) {
    // Emulators of function URLs name no domain, or this one.
    bool const own = domain.empty() || domain == "localhost" || domain.contains(".lambda-url.");
    return own ? Front::function_url : Front::http_api;
}

}  // namespace

HttpEvent read_http_v2(json::object const& event, json::object const& context,
                       Ranges const& trusted_proxies) {
    HttpEvent read{.shape = Shape::http_v2, .front = front_of_v2(text_at(context, "domainName"))};
    read.good = read_v2(read.request, event, context, trusted_proxies);
    return read;
}

HttpEvent read_rest_v1(json::object const& event, json::object const& context,
                       Ranges const& trusted_proxies) {
    // Events of REST APIs have no version.
    auto const front = text_at(event, "version").empty() ? Front::rest_api : Front::http_api;
    HttpEvent read{.shape = Shape::rest_v1, .front = front};
    read.good = read_v1(read.request, event, context, trusted_proxies);
    return read;
}

HttpEvent read_balancer(json::object const& event, Ranges const& trusted_proxies) {
    auto const shape =
        event.contains("multiValueHeaders") ? Shape::balancer_multi : Shape::balancer;
    HttpEvent read{.shape = shape, .front = Front::balancer};
    read.good = read_balancers(read.request, event, trusted_proxies);
    return read;
}

}  // namespace kaiwa::lambda
