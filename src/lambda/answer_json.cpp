#include "lambda/answer_json.hpp"

#include "base/crypto.hpp"
#include "base/utf8.hpp"
#include "http/status.hpp"
#include "http/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

namespace kaiwa::lambda {
namespace {

/// Values by lower-case name, in the order they were added.
using Fields = std::map<std::string, std::vector<std::string>>;

Fields fields_of(http::ResponseHead const& head) {
    Fields fields;
    for (auto const& [name, value] : head.headers) {
        auto lower = http::to_lower(name);
        // How the answer is framed is the business of whoever sends it on.
        if (lower == "content-length" || lower == "transfer-encoding" || lower == "connection")
            continue;
        fields[std::move(lower)].push_back(replace_invalid_utf8(value));
    }
    return fields;
}

bool is_text(http::ResponseHead const& head, std::string_view body) {
    if (head.headers.has("Content-Encoding")) return false;
    auto type = http::to_lower(head.headers.get("Content-Type"));
    type = type.substr(0, type.find(';'));
    while (type.ends_with(' ')) type.pop_back();
    bool const named = type.empty() || type.starts_with("text/") || type == "application/json" ||
                       type.ends_with("+json") || type == "application/javascript" ||
                       type == "application/xml" || type.ends_with("+xml") ||
                       type == "application/x-ndjson";
    return named && is_valid_utf8(body);
}

void append_strings(std::string& out, std::vector<std::string> const& values) {
    out += '[';
    for (auto const& value : values) {
        if (out.back() != '[') out += ',';
        append_json_string(out, value);
    }
    out += ']';
}

std::string joined(std::vector<std::string> const& values) {
    return fmt::format("{}", fmt::join(values, ", "));
}

void append_single(std::string& out, Fields const& fields) {
    out += '{';
    for (auto const& [name, values] : fields) {
        if (out.back() != '{') out += ',';
        append_json_string(out, name);
        out += ':';
        append_json_string(out, joined(values));
    }
    out += '}';
}

void append_multi(std::string& out, Fields const& fields) {
    out += '{';
    for (auto const& [name, values] : fields) {
        if (out.back() != '{') out += ',';
        append_json_string(out, name);
        out += ':';
        append_strings(out, values);
    }
    out += '}';
}

/// `name` spelt anew: with its n-th spelling of upper and lower case. A map has one value a name,
/// but names that differ by case are one field to whoever receives them.
std::string spelling(std::string name, std::size_t n) {
    for (char& c : name) {
        if (c < 'a' || c > 'z') continue;
        if (n % 2 == 1) c = static_cast<char>(c - 'a' + 'A');
        n /= 2;
    }
    return name;
}

/// Cookies may not be joined by commas (RFC 6265, 3): each becomes a name of its own.
void spread_cookies(Fields& fields) {
    auto found = fields.extract("set-cookie");
    if (found.empty()) return;
    auto const& cookies = found.mapped();
    for (std::size_t n = 0; n < cookies.size(); ++n)
        fields[spelling("set-cookie", n)] = {cookies[n]};
}

void append_head_v2(std::string& out, http::ResponseHead const& head) {
    auto fields = fields_of(head);
    auto const cookies = fields.extract("set-cookie");
    // Without one, runtimes and gateways take the body for application/octet-stream or JSON.
    if (!fields.contains("content-type")) fields["content-type"] = {"text/plain"};
    out += fmt::format(R"({{"statusCode":{},"headers":)", head.status);
    append_single(out, fields);
    // Always there: emulators do not read a prelude without it.
    out += R"(,"cookies":)";
    append_strings(out, cookies.empty() ? std::vector<std::string>() : cookies.mapped());
}

void append_head(std::string& out, Shape shape, http::ResponseHead const& head) {
    if (shape == Shape::http_v2) return append_head_v2(out, head);
    auto fields = fields_of(head);
    out += fmt::format(R"({{"statusCode":{})", head.status);
    if (shape != Shape::rest_v1)
        out += fmt::format(R"(,"statusDescription":"{} {}")", head.status,
                           http::reason_phrase(head.status));
    if (shape == Shape::balancer) {
        spread_cookies(fields);
        out += R"(,"headers":)";
        append_single(out, fields);
        return;
    }
    out += R"(,"multiValueHeaders":)";
    append_multi(out, fields);
}

}  // namespace

std::size_t max_answer_bytes(Shape shape) {
    bool const balancer = shape == Shape::balancer || shape == Shape::balancer_multi;
    return balancer ? std::size_t{1} << 20 : std::size_t{6} << 20;
}

std::string answer_json(Shape shape, http::ResponseHead const& head, std::string_view body) {
    std::string out;
    append_head(out, shape, head);
    bool const text = is_text(head, body);
    out += R"(,"isBase64Encoded":)";
    out += text ? "false" : "true";
    out += R"(,"body":)";
    if (text) {
        append_json_string(out, body);
    } else {
        out += '"';
        out += base64(body);
        out += '"';
    }
    out += '}';
    return out;
}

std::string stream_prelude(http::ResponseHead const& head) {
    std::string out;
    append_head_v2(out, head);
    out += '}';
    return out;
}

}  // namespace kaiwa::lambda
