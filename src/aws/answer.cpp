#include "aws/answer.hpp"

#include "aws/xml.hpp"
#include "base/json.hpp"
#include "base/utf8.hpp"
#include "http/text.hpp"

#include <algorithm>
#include <array>

namespace kaiwa::aws {

namespace {

constexpr std::size_t max_message_bytes = 1'000;
constexpr std::size_t max_code_bytes = 128;
constexpr std::chrono::milliseconds longest_advice = std::chrono::minutes(10);

template <std::size_t Size>
bool is_one_of(std::string_view code, std::array<std::string_view, Size> const& codes) {
    return std::ranges::find(codes, code) != codes.end();
}

constexpr std::array<std::string_view, 2> signature_codes = {"InvalidSignatureException",
                                                            "SignatureDoesNotMatch"};

/// "com.amazonaws.x#Throttling:http://internal/" is "Throttling".
std::string plain_code(std::string_view code) {
    code = code.substr(0, code.find(':'));
    if (auto const hash = code.rfind('#'); hash != code.npos) code.remove_prefix(hash + 1);
    code = http::trim(code);
    auto const is_plain = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               c == '.' || c == '_' || c == '-';
    };
    if (code.size() > max_code_bytes || !std::ranges::all_of(code, is_plain)) return {};
    return std::string(code);
}

/// One line, of bounded length, without what must not be shown: when a signature is wrong, the
/// service repeats the request's headers, session token included.
std::string fit_for_people(std::string message) {
    message.resize(std::min(message.find("The Canonical String"), message.size()));
    message = replace_invalid_utf8(std::move(message));
    for (char& c : message) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    }
    return std::string(http::trim(utf8_prefix(message, max_message_bytes)));
}

std::string first_text(json::object const& object, std::initializer_list<std::string_view> names) {
    for (auto const name : names) {
        auto const* value = object.if_contains(name);
        if (value != nullptr && value->is_string()) return std::string(value->as_string());
    }
    return {};
}

void read_json(Failure& failure) {
    auto const value = parse_json(failure.body);
    if (!value || !value->is_object()) return;
    auto const& object = value->as_object();
    if (failure.code.empty()) failure.code = plain_code(first_text(object, {"__type", "code"}));
    failure.message = first_text(object, {"message", "Message", "errorMessage"});
}

void read_xml(Failure& failure) {
    if (failure.code.empty()) {
        failure.code = plain_code(xml_text(failure.body, "Code").value_or(""));
    }
    failure.message = xml_text(failure.body, "Message").value_or("");
    if (failure.request_id.empty()) {
        failure.request_id =
            xml_text(failure.body, "RequestId").value_or("").substr(0, max_code_bytes);
    }
    if (failure.region.empty()) {
        failure.region = xml_text(failure.body, "Region").value_or("").substr(0, max_code_bytes);
    }
}

std::optional<std::chrono::milliseconds> retry_advice(http::Headers const& headers) {
    if (auto const exact = http::to_number(headers.get("x-amz-retry-after"))) {
        return std::min(std::chrono::milliseconds(std::min<std::uint64_t>(*exact, 3'600'000)),
                        longest_advice);
    }
    if (auto const seconds = http::to_number(headers.get("retry-after"))) {
        return std::min<std::chrono::milliseconds>(
            std::chrono::seconds(std::min<std::uint64_t>(*seconds, 3'600)), longest_advice);
    }
    return std::nullopt;
}

}  // namespace

Failure read_failure(unsigned status, http::Headers const& headers, std::string body) {
    Failure failure;
    failure.status = status;
    failure.code = plain_code(headers.get("x-amzn-errortype"));
    failure.body = std::move(body);
    failure.region = headers.get("x-amz-bucket-region");
    failure.retry_after = retry_advice(headers);
    for (auto const* name : {"x-amzn-requestid", "x-amz-request-id"}) {
        auto const id = headers.get(name);
        if (!id.empty() && failure.request_id.empty()) failure.request_id = id.substr(0, 128);
    }
    auto const begin = http::trim(failure.body);
    if (begin.starts_with('{')) read_json(failure);
    if (begin.starts_with('<')) read_xml(failure);
    failure.message = fit_for_people(std::move(failure.message));
    if (is_one_of(failure.code, signature_codes)) failure.body.clear();
    return failure;
}

std::optional<Failure> failure_inside(http::Headers const& headers, std::string const& body) {
    auto text = http::trim(body);
    if (text.starts_with("<?")) {
        text.remove_prefix(std::min(text.find("?>"), text.size() - 2) + 2);
        text = http::trim(text);
    }
    while (text.starts_with('\n') || text.starts_with('\r')) text.remove_prefix(1);
    if (!text.starts_with("<Error>") && !text.starts_with("<Error ")) return std::nullopt;
    return read_failure(500, headers, body);
}

bool may_be_clock_skew(Failure const& failure) {
    static constexpr std::array<std::string_view, 5> codes = {
        "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", "AuthFailure",
        "RequestExpiredException"};
    return failure.kind == Failure::Kind::service &&
           (is_one_of(failure.code, codes) || is_one_of(failure.code, signature_codes));
}

bool are_credentials_expired(Failure const& failure) {
    static constexpr std::array<std::string_view, 4> codes = {
        "ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"};
    return failure.kind == Failure::Kind::service && is_one_of(failure.code, codes);
}

}  // namespace kaiwa::aws
