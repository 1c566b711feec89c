#include "providers/bedrock/completion_request.hpp"

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "providers/common/json_scanner.hpp"
#include "providers/common/prompt_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

namespace kaiwa::providers {
namespace {

/// The API demands a limit: without one of the user's, what these models can write.
constexpr std::int64_t usual_max_tokens = 4'096;

std::string prompt_of(llm::Prompt const& prompt) {
    std::string out = prompt.system;
    for (auto const& message : prompt.messages) {
        std::string said;
        for (auto const& part : message.parts) {
            if (!says_something(part)) continue;
            if (!said.empty()) said += "\n\n";
            auto const* picture = std::get_if<llm::ImagePart>(&part);
            said += picture ? named_picture(*picture) : std::get<llm::TextPart>(part).text;
        }
        if (said.empty()) continue;
        out += message.role == llm::Role::user ? "\n\nHuman: " : "\n\nAssistant: ";
        out += said;
    }
    return out + "\n\nAssistant:";
}

}  // namespace

std::string completion_prompt_body(llm::CompletionRequest const& request,
                                   ConverseHabits const& habits) {
    std::string out = R"({"prompt":)";
    append_json_string(out, prompt_of(request.prompt));
    auto const& parameters = request.parameters;
    auto const wanted = parameters.max_tokens.value_or(usual_max_tokens);
    auto const number = [&](std::string_view name, auto value) {
        fmt::format_to(std::back_inserter(out), R"(,"{}":{})", name, value);
    };
    number("max_tokens_to_sample", std::min(wanted, habits.most_tokens.value_or(wanted)));
    if (parameters.temperature && !habits.no_temperature)
        number("temperature", *parameters.temperature);
    if (parameters.top_p && !habits.no_top_p) number("top_p", *parameters.top_p);
    out += '}';
    return out;
}

void CompletionDecoder::take_event(std::string_view type, std::string_view payload) {
    if (type != "chunk") return;
    std::string encoded;
    JsonScanner json(payload);
    std::string_view name;
    for (json.begin_object(); json.next_member(name);) {
        if (name == "bytes") {
            json.string(encoded);
        } else {
            json.skip();
        }
    }
    auto const chunk = decode_base64(encoded);
    if (json.broken() || !chunk || !take_chunk(*chunk)) fail_unreadable();
}

bool CompletionDecoder::take_whole(std::string_view body) {
    if (!take_chunk(body)) return false;
    if (stop_reason_.empty()) stop_reason_ = "stop_sequence";
    return true;
}

bool CompletionDecoder::take_chunk(std::string_view chunk) {
    std::string text;
    bool has_completion = false;
    JsonScanner json(chunk);
    std::string_view name;
    if (!json.begin_object()) return false;
    while (json.next_member(name)) {
        if (name == "completion") {
            has_completion = true;
            json.string(text);
        } else if (name == "stop_reason") {
            json.string(stop_reason_);
        } else if (name == "amazon-bedrock-invocationMetrics" && json.begin_object()) {
            usage_.emplace();
            while (json.next_member(name)) {
                if (name == "inputTokenCount") {
                    usage_->input_tokens = json.integer().value_or(0);
                } else if (name == "outputTokenCount") {
                    usage_->output_tokens = json.integer().value_or(0);
                } else {
                    json.skip();
                }
            }
        } else if (name != "amazon-bedrock-invocationMetrics") {
            json.skip();
        }
    }
    if (json.broken() || !json.at_end()) return false;
    // An answer begins with the space that the prompt ended before.
    if (!begun_ && !text.empty()) {
        text.erase(0, std::min(text.find_first_not_of(" \n"), text.size()));
        begun_ = !text.empty();
    }
    add_text(text);
    return has_completion || usage_ || !stop_reason_.empty();
}

void CompletionDecoder::push_end() {
    flush_text();
    if (usage_) push(*usage_);
    bool const cut = stop_reason_ == "max_tokens";
    push(llm::Finished{cut ? llm::FinishReason::length : llm::FinishReason::stop});
}

}  // namespace kaiwa::providers
