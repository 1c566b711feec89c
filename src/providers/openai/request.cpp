#include "providers/openai/request.hpp"

#include "base/crypto.hpp"
#include "base/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <variant>

namespace kaiwa::providers {
namespace {

using llm::ImagePart;
using llm::PromptMessage;
using llm::TextPart;

bool has_picture(PromptMessage const& message) {
    return std::ranges::any_of(
        message.parts, [](auto const& part) { return std::holds_alternative<ImagePart>(part); });
}

/// What the pictures of a prompt take as base64.
std::size_t picture_text_bytes(llm::Prompt const& prompt) {
    std::size_t bytes = 0;
    for (auto const& message : prompt.messages) {
        for (auto const& part : message.parts) {
            if (auto const* picture = std::get_if<ImagePart>(&part))
                bytes += picture->bytes.size() / 3 * 4 + 128;
        }
    }
    return bytes;
}

void append_picture(std::string& out, ImagePart const& picture) {
    // Only as a data URI: local servers fetch nothing.
    fmt::format_to(std::back_inserter(out),
                   R"({{"type":"image_url","image_url":{{"url":"data:{};base64,{}"}}}})",
                   picture.media_type, base64(picture.bytes));
}

void append_content(std::string& out, PromptMessage const& message, std::string_view before) {
    if (!has_picture(message)) {
        // One string: what every server takes.
        std::string text(before);
        for (auto const& part : message.parts) {
            if (!text.empty()) text += "\n\n";
            text += std::get<TextPart>(part).text;
        }
        append_json_string(out, text);
        return;
    }
    out += '[';
    auto const append_text = [&](std::string_view text) {
        out += R"({"type":"text","text":)";
        append_json_string(out, text);
        out += '}';
    };
    bool first = true;
    if (!before.empty()) {
        append_text(before);
        first = false;
    }
    for (auto const& part : message.parts) {
        if (!first) out += ',';
        first = false;
        if (auto const* picture = std::get_if<ImagePart>(&part)) {
            append_picture(out, *picture);
        } else {
            append_text(std::get<TextPart>(part).text);
        }
    }
    out += ']';
}

void append_messages(std::string& out, llm::Prompt const& prompt, ModelHabits const& habits) {
    out += R"("messages":[)";
    bool first = true;
    bool const as_system = !prompt.system.empty() && !habits.no_system_role;
    std::string_view before = as_system ? std::string_view() : std::string_view(prompt.system);
    if (as_system) {
        out += R"({"role":"system","content":)";
        append_json_string(out, prompt.system);
        out += '}';
        first = false;
    }
    for (auto const& message : prompt.messages) {
        bool const is_user = message.role == llm::Role::user;
        if (!first) out += ',';
        first = false;
        out += is_user ? R"({"role":"user","content":)" : R"({"role":"assistant","content":)";
        append_content(out, message, is_user ? before : std::string_view());
        if (is_user) before = {};
        out += '}';
    }
    out += ']';
}

std::string_view max_tokens_name(RequestStyle const& style, ModelHabits const& habits) {
    return style.max_completion_tokens != habits.other_max_tokens ? "max_completion_tokens"
                                                                  : "max_tokens";
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    }
    return out;
}

}  // namespace

std::string completion_body(llm::CompletionRequest const& request, RequestStyle const& style,
                            ModelHabits const& habits) {
    std::string out = "{";
    out.reserve(picture_text_bytes(request.prompt) + 4096);  // pictures are copied once
    if (style.names_model) {
        out += R"("model":)";
        append_json_string(out, request.model);
        out += ',';
    }
    out += R"("stream":true,)";
    if (!habits.no_stream_options) {
        out += style.can_drop_padding
                   ? R"("stream_options":{"include_usage":true,"include_obfuscation":false},)"
                   : R"("stream_options":{"include_usage":true},)";
    }
    auto const& parameters = request.parameters;
    auto const number = [&](std::string_view name, auto value) {
        fmt::format_to(std::back_inserter(out), R"("{}":{},)", name, value);
    };
    if (parameters.temperature && !habits.no_temperature)
        number("temperature", *parameters.temperature);
    if (parameters.top_p && !habits.no_top_p) number("top_p", *parameters.top_p);
    if (parameters.max_tokens && !habits.no_max_tokens)
        number(max_tokens_name(style, habits), *parameters.max_tokens);
    append_messages(out, request.prompt, habits);
    out += '}';
    return out;
}

ModelHabits habits_after(ModelHabits habits, llm::CompletionRequest const& request,
                         RequestStyle const& style, VendorError const& error) {
    auto const words = lower(error.message);
    bool const refused = error.status == 400 || error.status == 422;
    bool const may_be_template = refused || error.status == 500;
    auto const about = [&](std::string_view name) {
        return error.param == name || words.contains(name);
    };

    if (may_be_template && !request.prompt.system.empty() && words.contains("system") &&
        words.contains("role") && refuses_parameter(error)) {
        habits.no_system_role = true;
        return habits;
    }
    if (!refused || !refuses_parameter(error)) return habits;

    auto const& sent = request.parameters;
    auto const limit = max_tokens_name(style, habits);
    if (sent.max_tokens && !habits.no_max_tokens && about(limit)) {
        if (habits.other_max_tokens) habits.no_max_tokens = true;
        habits.other_max_tokens = true;
    } else if (about("stream_options") || about("include_usage")) {
        habits.no_stream_options = true;
    } else if (sent.top_p && !habits.no_top_p && about("top_p")) {
        // Before temperature: where the two exclude each other, the temperature is what people set.
        habits.no_top_p = true;
    } else if (sent.temperature && about("temperature")) {
        habits.no_temperature = true;
    }
    return habits;
}

}  // namespace kaiwa::providers
