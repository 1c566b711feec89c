#include "providers/bedrock/failures.hpp"

#include "providers/common/failures.hpp"
#include "providers/common/json_scanner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace kaiwa::providers {
namespace {

using llm::FailureClass;

struct NamedClass {
    std::string_view name;
    FailureClass kind;
};

// Names without "Exception" or "Error", in lower case.
constexpr NamedClass named_classes[] = {
    {"accessdenied", FailureClass::auth},
    {"unrecognizedclient", FailureClass::auth},
    {"invalidclienttokenid", FailureClass::auth},
    {"invalidsignature", FailureClass::auth},
    {"signaturedoesnotmatch", FailureClass::auth},
    {"incompletesignature", FailureClass::auth},
    {"missingauthenticationtoken", FailureClass::auth},
    {"expiredtoken", FailureClass::auth},
    {"notauthorized", FailureClass::auth},
    {"unauthorized", FailureClass::auth},
    {"optinrequired", FailureClass::auth},
    {"requestexpired", FailureClass::auth},
    {"resourcenotfound", FailureClass::not_found},
    {"unknownoperation", FailureClass::not_found},
    {"servicequotaexceeded", FailureClass::quota},
    {"throttling", FailureClass::rate_limited},
    {"throttled", FailureClass::rate_limited},
    {"toomanyrequests", FailureClass::rate_limited},
    {"requestlimitexceeded", FailureClass::rate_limited},
    {"modelnotready", FailureClass::overloaded},
    {"serviceunavailable", FailureClass::overloaded},
    {"modeltimeout", FailureClass::timeout},
    {"requesttimeout", FailureClass::timeout},
    {"modelerror", FailureClass::model_error},
    {"modelstreamerror", FailureClass::model_error},
    {"internalserver", FailureClass::model_error},
    {"internalfailure", FailureClass::model_error},
    {"dependencyfailed", FailureClass::model_error},
};

std::string plain_name(std::string_view code) {
    if (auto const hash = code.rfind('#'); hash != code.npos) code.remove_prefix(hash + 1);
    code = code.substr(0, code.find(':'));
    std::string name(code);
    std::ranges::transform(name, name.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    });
    if (name == "modelerrorexception" || name == "modelstreamerrorexception") {
        name.resize(name.size() - std::string_view("exception").size());
        return name;
    }
    for (std::string_view const ending : {"exception", "error"}) {
        if (name.ends_with(ending)) name.resize(name.size() - ending.size());
    }
    return name;
}

/// What `{"message":…,"originalMessage":…}` says.
struct Words {
    std::string message;
    std::string original;
};

Words words_in(std::string_view payload) {
    Words words;
    JsonScanner json(payload);
    std::string_view name;
    for (json.begin_object(); json.next_member(name);) {
        if (name == "message" || name == "Message") {
            json.string(words.message);
        } else if (name == "originalMessage") {
            json.string(words.original);
        } else {
            json.skip();
        }
    }
    return words;
}

llm::Failure named_failure(std::string_view code, std::string words, unsigned status) {
    llm::Failure failure;
    failure.kind = bedrock_class(code, words, status);
    failure.reason = words.empty() ? "unsaid" : llm::said_by_server;
    if (words.empty()) words = "Bedrock reported an error without saying why";
    failure.message = fit_for_people(fmt::format("{} ({})", words, code));
    return failure;
}

/// Which step of the call failed; `if_sent` where the transport does not say.
std::string_view reason_of(aws::Failure const& failure, std::string_view if_sent) {
    if (!failure.reason.empty()) return failure.reason;
    return failure.was_sent ? if_sent : "connect";
}

/// Accounts and roles are named to whoever runs the server only.
void keep_names_back(llm::Failure& failure, std::string words) {
    if (!failure.message.contains("arn:aws")) return;
    failure.for_operator = std::exchange(failure.message, std::move(words));
    failure.reason = "in_the_log";
}

}  // namespace

FailureClass bedrock_class(std::string_view code, std::string_view words, unsigned status) {
    VendorError error;
    error.message = words;
    error.status = status;
    auto const name = plain_name(code);
    if (name == "validation") {
        error.status = 400;
        return class_of(error);
    }
    auto const* const known = std::ranges::find(named_classes, name, &NamedClass::name);
    if (known == std::end(named_classes)) return class_of(error);
    // The tokens of a day are spent: trying again in a minute is of no use.
    if (known->kind == FailureClass::rate_limited && words.contains("per day"))
        return FailureClass::quota;
    return known->kind;
}

llm::Failure failure_from(aws::Failure const& failure, Secret const& secret) {
    using Kind = aws::Failure::Kind;
    llm::Failure out;
    switch (failure.kind) {
        case Kind::service:
            out = named_failure(failure.code.empty() ? fmt::format("HTTP {}", failure.status)
                                                     : failure.code,
                                failure.message, failure.status);
            break;
        case Kind::credentials:
            out = llm::make_failure(FailureClass::auth, failure.message, "no_credentials");
            break;
        case Kind::network:
            out = llm::make_failure(FailureClass::network, failure.message,
                                    reason_of(failure, "broken"));
            break;
        case Kind::timed_out:
            // Nothing was begun where no connection was made: that may be tried again.
            out = llm::make_failure(
                failure.was_sent ? FailureClass::timeout : FailureClass::network, failure.message,
                reason_of(failure, "total"));
            break;
        case Kind::cancelled:
            out = llm::make_failure(FailureClass::cancelled, failure.message);
            break;
        case Kind::unreadable:
            out = llm::make_failure(FailureClass::model_error, failure.message, "unreadable");
            break;
    }
    out.message = fit_for_people(std::move(out.message), secret);
    if (failure.kind == Kind::credentials)
        out.for_operator =
            std::exchange(out.message, "the server has no AWS credentials for Bedrock; its log says why");
    else
        keep_names_back(out, fmt::format("Bedrock refuses this server; its log says why ({})",
                                         failure.code));
    out.provider_request_id = fit_request_id(failure.request_id, secret);
    out.retry_after = failure.retry_after;
    out.is_unsent = !failure.was_sent;
    return out;
}

llm::Failure failure_in_stream(std::string_view code, std::string_view message,
                               std::string_view payload) {
    auto words = words_in(payload);
    if (words.message.empty()) words.message = message;
    if (!words.original.empty() && words.original != words.message) {
        if (!words.message.empty()) words.message += ": ";
        words.message += words.original;
    }
    if (code.empty()) code = "error";
    auto failure = named_failure(code, std::move(words.message), 0);
    keep_names_back(failure,
                    fmt::format("Bedrock broke the answer off; the server's log says why ({})", code));
    return failure;
}

}  // namespace kaiwa::providers
