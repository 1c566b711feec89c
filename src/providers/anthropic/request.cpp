#include "providers/anthropic/request.hpp"

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "providers/common/prompt_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <variant>

namespace kaiwa::providers {
namespace {

constexpr std::int64_t usual_max_tokens = 8'192;

std::int64_t max_tokens(llm::CompletionRequest const& request, AnthropicHabits const& habits) {
    auto const wanted = request.parameters.max_tokens.value_or(usual_max_tokens);
    return std::min(wanted, habits.most_tokens.value_or(wanted));
}

void append_part(std::string& out, llm::Part const& part) {
    if (auto const* picture = std::get_if<llm::ImagePart>(&part)) {
        fmt::format_to(
            std::back_inserter(out),
            R"({{"type":"image","source":{{"type":"base64","media_type":"{}","data":"{}"}}}})",
            picture->media_type, base64(picture->bytes));
        return;
    }
    out += R"({"type":"text","text":)";
    append_json_string(out, std::get<llm::TextPart>(part).text);
    out += '}';
}

void append_messages(std::string& out, llm::Prompt const& prompt) {
    out += R"("messages":[)";
    bool first_message = true;
    for (auto const& message : prompt.messages) {
        if (std::ranges::none_of(message.parts, says_something)) continue;
        if (!first_message) out += ',';
        first_message = false;
        bool const is_user = message.role == llm::Role::user;
        out += is_user ? R"({"role":"user","content":[)" : R"({"role":"assistant","content":[)";
        bool first = true;
        for (auto const& part : message.parts) {
            if (!says_something(part)) continue;
            if (!first) out += ',';
            first = false;
            append_part(out, part);
        }
        out += "]}";
    }
    out += ']';
}

/// The model's own limit in "max_tokens: 8192 > 4096, which is the maximum allowed …".
std::optional<std::int64_t> limit_in(std::string_view words) {
    auto const start = words.find("max_tokens");
    auto const greater = words.find('>', start == words.npos ? words.size() : start);
    if (greater == words.npos) return std::nullopt;
    auto rest = words.substr(greater + 1);
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    std::int64_t limit = 0;
    auto const [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), limit);
    return error == std::errc() && limit > 0 ? std::optional(limit) : std::nullopt;
}

}  // namespace

std::string messages_body(llm::CompletionRequest const& request, AnthropicHabits const& habits) {
    std::string out = R"({"model":)";
    append_json_string(out, request.model);
    fmt::format_to(std::back_inserter(out), R"(,"stream":true,"max_tokens":{},)",
                   max_tokens(request, habits));
    auto const& parameters = request.parameters;
    if (parameters.temperature && !habits.no_temperature) {
        fmt::format_to(std::back_inserter(out), R"("temperature":{},)", *parameters.temperature);
    }
    if (parameters.top_p && !habits.no_top_p) {
        fmt::format_to(std::back_inserter(out), R"("top_p":{},)", *parameters.top_p);
    }
    if (!request.prompt.system.empty()) {
        out += R"("system":)";
        append_json_string(out, request.prompt.system);
        out += ',';
    }
    append_messages(out, request.prompt);
    out += '}';
    return out;
}

AnthropicHabits habits_after(AnthropicHabits habits, llm::CompletionRequest const& request,
                             VendorError const& error) {
    if (error.status != 400) return habits;
    if (auto const limit = limit_in(error.message); limit && *limit < max_tokens(request, habits)) {
        habits.most_tokens = limit;
        return habits;
    }
    if (!refuses_parameter(error)) return habits;
    auto const& sent = request.parameters;
    // Where the two exclude each other, the temperature is what people set.
    if (sent.top_p && !habits.no_top_p && error.message.contains("top_p")) {
        habits.no_top_p = true;
    } else if (sent.temperature && error.message.contains("temperature")) {
        habits.no_temperature = true;
    }
    return habits;
}

}  // namespace kaiwa::providers
