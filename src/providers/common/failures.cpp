#include "providers/common/failures.hpp"

#include "base/utf8.hpp"
#include "http/date.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <initializer_list>

namespace kaiwa::providers {
namespace {

namespace json = boost::json;
using llm::FailureClass;

constexpr std::size_t max_message_bytes = 500;
constexpr std::size_t max_request_id_bytes = 128;

bool is_visible_ascii(char c) {
    return c > 0x20 && c < 0x7F;
}

void mask(std::string& text, Secret const& secret) {
    if (secret.empty()) return;
    for (auto at = text.find(secret.reveal()); at != text.npos; at = text.find(secret.reveal(), at))
        text.replace(at, secret.reveal().size(), "***");
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    }
    return out;
}

bool has_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::ranges::any_of(words, [&](std::string_view word) { return text.contains(word); });
}

std::string text_member(json::object const& object, std::string_view name) {
    auto const* value = object.if_contains(name);
    if (value == nullptr) return {};
    if (auto const* text = value->if_string()) return std::string(*text);
    if (value->is_int64()) return std::to_string(value->get_int64());
    return {};
}

/// FastAPI's list of what is wrong: `[{"loc":["body","temperature"],"msg":"…"}]`.
std::string detail_text(json::value const& detail) {
    if (auto const* text = detail.if_string()) return std::string(*text);
    auto const* items = detail.if_array();
    if (items == nullptr) return json::serialize(detail);
    std::string out;
    for (auto const& item : *items) {
        auto const* object = item.if_object();
        if (object == nullptr) continue;
        std::string place;
        if (auto const* loc = object->if_contains("loc");
            loc && loc->is_array() && !loc->get_array().empty()) {
            auto const& last = loc->get_array().back();
            if (last.is_string()) place = last.get_string();
        }
        if (!out.empty()) out += "; ";
        out += fmt::format("'{}': {}", place, text_member(*object, "msg"));
    }
    return out;
}

void read_object(json::object const& object, VendorError& error) {
    error.message = text_member(object, "message");
    error.type = text_member(object, "type");
    error.code = text_member(object, "code");
    error.param = text_member(object, "param");
    if (error.message.empty()) error.message = text_member(object, "Message");
}

unsigned status_in(std::string_view code) {
    unsigned value = 0;
    auto const [end, problem] = std::from_chars(code.data(), code.data() + code.size(), value);
    bool const is_status =
        problem == std::errc() && end == code.data() + code.size() && value >= 400 && value < 600;
    return is_status ? value : 0;
}

bool is_about_the_window(std::string_view words) {
    return has_one_of(words, {"context_length", "context length", "context window", "context size",
                              "exceed_context", "maximum context", "prompt is too long",
                              "input is too long", "too many input tokens", "exceed context limit",
                              "model_context_window", "longer than the model"});
}

/// The class that type and code name outright.
std::optional<FailureClass> named_class(VendorError const& error) {
    auto const words = error.type + ' ' + error.code;
    if (has_one_of(words, {"insufficient_quota", "billing", "credit"})) return FailureClass::quota;
    if (has_one_of(words, {"context_length", "exceed_context"}))
        return FailureClass::context_length;
    if (has_one_of(words, {"rate_limit", "too_many_requests"})) return FailureClass::rate_limited;
    if (has_one_of(words, {"overloaded", "unavailable_error", "server_overloaded"}))
        return FailureClass::overloaded;
    if (has_one_of(words, {"invalid_api_key", "authentication", "permission"}))
        return FailureClass::auth;
    if (has_one_of(words,
                   {"model_not_found", "not_found_error", "NotFoundError", "DeploymentNotFound"})) {
        return FailureClass::not_found;
    }
    if (has_one_of(words, {"timeout_error"})) return FailureClass::timeout;
    return std::nullopt;
}

std::string_view reason_of(VendorError const& error) {
    return error.is_page ? "web_page" : llm::said_by_server;
}

std::optional<double> read_number(std::string_view text) {
    double value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    bool const sane =
        error == std::errc() && end == text.data() + text.size() && value >= 0 && value < 1e7;
    return sane ? std::optional(value) : std::nullopt;
}

}  // namespace

llm::Failure failure_from(Error const& error) {
    auto const kind = [&] {
        switch (error.code) {
            // No connection in time is no connection; later the server may be working.
            case Errc::timed_out:
                return error.reason == "connect" ? FailureClass::network : FailureClass::timeout;
            case Errc::cancelled:
                return FailureClass::cancelled;
            case Errc::invalid_argument:
            case Errc::forbidden:
            case Errc::unsupported:
                return FailureClass::invalid;
            case Errc::too_large:
                return FailureClass::model_error;
            default:
                return FailureClass::network;
        }
    }();
    auto failure = llm::make_failure(kind, error.message, error.reason);
    failure.is_unsent =
        error.reason == "resolve" || error.reason == "connect" || error.reason == "tls";
    return failure;
}

llm::Failure cut_short() {
    return llm::make_failure(FailureClass::network,
                             "the model's server ended the answer before it was whole",
                             "cut_short");
}

VendorError read_vendor_error(std::string_view body) {
    VendorError error;
    auto const text = replace_invalid_utf8(std::string(body));
    auto const start = text.find_first_not_of(" \r\n\t");
    boost::system::error_code problem;
    auto const value = json::parse(text, problem);
    if (problem || !(value.is_object() || value.is_array() || value.is_string())) {
        error.is_page = start != text.npos && text[start] == '<';
        error.message = error.is_page
                            ? "it answered with a web page, not with JSON; check the base URL, and "
                              "whether a proxy or a sign-in page stands before it"
                            : text;
        return error;
    }
    if (auto const* words = value.if_string()) {
        error.message = *words;
        return error;
    }
    auto const* object = value.is_array() && !value.get_array().empty()
                             ? value.get_array()[0].if_object()
                             : value.if_object();
    if (object == nullptr) return error;
    read_object(*object, error);
    if (auto const* inner = object->if_contains("error")) {
        if (auto const* inner_object = inner->if_object()) {
            read_object(*inner_object, error);
        } else if (auto const* words = inner->if_string()) {
            error.message = error.message.empty()
                                ? std::string(*words)
                                : fmt::format("{}: {}", std::string_view(*words), error.message);
        }
    } else if (auto const* detail = object->if_contains("detail")) {
        error.message = detail_text(*detail);
    }
    return error;
}

FailureClass class_of(VendorError const& error) {
    auto const status = error.status != 0 ? error.status : status_in(error.code);
    // A limit on requests may speak of tokens: it is never a prompt that is too long.
    if (auto const named = named_class(error)) {
        bool const may_be_window = *named == FailureClass::context_length;
        if (!may_be_window || status != 429) return *named;
    }
    auto const words = lower(error.message);
    switch (status) {
        case 401:
        case 403:
            return FailureClass::auth;
        case 402:
            return FailureClass::quota;
        case 404:
            return FailureClass::not_found;
        case 408:
        case 504:
            return FailureClass::timeout;
        case 429:
            return has_one_of(words, {"quota", "billing", "credit balance"})
                       ? FailureClass::quota
                       : FailureClass::rate_limited;
        case 503:
        case 529:
            return FailureClass::overloaded;
        default:
            break;
    }
    if (words.contains("credit balance")) return FailureClass::quota;
    if (is_about_the_window(words)) return FailureClass::context_length;
    if (status >= 300 && status < 500 && status != 409 && status != 424)
        return FailureClass::invalid;
    if (status == 0 && error.type == "invalid_request_error") return FailureClass::invalid;
    return FailureClass::model_error;
}

bool refuses_parameter(VendorError const& error) {
    return error.code.starts_with("unsupported") ||
           has_one_of(lower(error.message),
                      {"unsupported", "not support", "not permitted", "unrecognized", "unknown",
                       "unexpected", "not allowed", "deprecated", "extra inputs", "extra fields",
                       "not accept", "no longer", "cannot both", "only the default"});
}

llm::Failure failure_from(unsigned status, http::Headers const& headers, std::string_view body,
                          Secret const& secret) {
    auto error = read_vendor_error(body);
    error.status = status;
    llm::Failure failure;
    failure.kind = class_of(error);
    failure.provider_request_id = request_id(headers, secret);
    failure.retry_after = retry_advice(headers);
    if (status >= 300 && status < 400) {
        failure.message =
            "it redirects to another address, which is not followed; set the base URL to that "
            "address";
        failure.reason = "redirected";
    } else if (error.message.empty()) {
        failure.message = fmt::format("the model's server answered {} without saying why", status);
        failure.reason = "unsaid";
    } else {
        failure.message =
            fmt::format("{} (HTTP {})", fit_for_people(std::move(error.message), secret), status);
        failure.reason = reason_of(error);
    }
    return failure;
}

llm::Failure failure_inside(std::string_view body) {
    auto error = read_vendor_error(body);
    if (error.message.empty())
        return llm::make_failure(class_of(error),
                                 "the model's server reported an error without saying which",
                                 "unsaid");
    return llm::make_failure(class_of(error), error.message, reason_of(error));
}

std::optional<std::chrono::milliseconds> retry_advice(http::Headers const& headers) {
    if (auto const exact = read_number(headers.get("retry-after-ms"))) {
        return std::chrono::milliseconds(static_cast<std::int64_t>(*exact));
    }
    auto const text = headers.get("retry-after");
    if (auto const seconds = read_number(text)) {
        return std::chrono::milliseconds(static_cast<std::int64_t>(*seconds * 1000));
    }
    auto const then = http::parse_http_date(text);
    auto const now = http::parse_http_date(headers.get("date"));
    if (!then || !now) return std::nullopt;
    return std::max(std::chrono::milliseconds(0), std::chrono::milliseconds(*then - *now));
}

std::string fit_request_id(std::string id, Secret const& secret) {
    mask(id, secret);
    if (id.size() > max_request_id_bytes) id.resize(max_request_id_bytes);
    return std::ranges::all_of(id, is_visible_ascii) ? id : std::string();
}

std::string request_id(http::Headers const& headers, Secret const& secret) {
    for (auto const* name : {"x-request-id", "request-id", "apim-request-id"}) {
        auto id = fit_request_id(std::string(headers.get(name)), secret);
        if (!id.empty()) return id;
    }
    return {};
}

std::string fit_for_people(std::string message, Secret const& secret) {
    mask(message, secret);
    message = replace_invalid_utf8(std::move(message));
    for (char& c : message) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    }
    if (message.size() <= max_message_bytes) return message;
    return std::string(utf8_prefix(message, max_message_bytes)) + "…";
}

}  // namespace kaiwa::providers
