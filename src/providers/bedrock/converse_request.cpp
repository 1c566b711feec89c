#include "providers/bedrock/converse_request.hpp"

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "providers/bedrock/replay.hpp"
#include "providers/common/json_scanner.hpp"
#include "providers/common/prompt_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <iterator>
#include <utility>
#include <variant>
#include <vector>

namespace kaiwa::providers {
namespace {

constexpr std::size_t max_additional_bytes = std::size_t{16} << 10;

/// Messages of one role in a row.
struct Turn {
    llm::Role role = llm::Role::user;
    std::vector<llm::Part const*> parts;
    std::string_view replay;
};

std::vector<Turn> turns_of(llm::Prompt const& prompt) {
    std::vector<Turn> turns;
    for (auto const& message : prompt.messages) {
        Turn turn{message.role, {}, message.replay};
        for (auto const& part : message.parts) {
            if (says_something(part)) turn.parts.push_back(&part);
        }
        bool const speaks_first = turns.empty() && message.role == llm::Role::assistant;
        if (turn.parts.empty() || speaks_first) continue;
        if (turns.empty() || turns.back().role != turn.role) {
            turns.push_back(std::move(turn));
            continue;
        }
        // Blocks of two answers cannot be told apart in one message.
        turns.back().replay = {};
        std::ranges::move(turn.parts, std::back_inserter(turns.back().parts));
    }
    return turns;
}

/// Appends content blocks; the first one without a comma.
class Blocks {
public:
    explicit Blocks(std::string& out) : out_(out) {}

    void text(std::string_view text) {
        begin();
        out_ += R"({"text":)";
        append_json_string(out_, text);
        out_ += '}';
    }
    void picture(llm::ImagePart const& picture) {
        begin();
        auto const slash = picture.media_type.find('/');
        fmt::format_to(std::back_inserter(out_),
                       R"({{"image":{{"format":"{}","source":{{"bytes":"{}"}}}}}})",
                       std::string_view(picture.media_type).substr(slash + 1),
                       base64(picture.bytes));
    }
    void reasoning(ReasoningBlock const& block) {
        begin();
        if (!block.redacted.empty()) {
            fmt::format_to(std::back_inserter(out_),
                           R"({{"reasoningContent":{{"redactedContent":"{}"}}}})",
                           base64(block.redacted));
            return;
        }
        out_ += R"({"reasoningContent":{"reasoningText":{"text":)";
        append_json_string(out_, block.text);
        out_ += R"(,"signature":)";
        append_json_string(out_, block.signature);
        out_ += "}}}";
    }

private:
    void begin() {
        if (!std::exchange(first_, false)) out_ += ',';
    }
    std::string& out_;
    bool first_ = true;
};

bool is_known_picture(llm::ImagePart const& picture) {
    auto const& type = picture.media_type;
    return type == "image/png" || type == "image/jpeg" || type == "image/gif" ||
           type == "image/webp";
}

void append_messages(std::string& out, llm::Prompt const& prompt, ConverseHabits const& habits) {
    out += R"("messages":[)";
    std::string_view before = habits.no_system ? std::string_view(prompt.system) : "";
    bool first = true;
    for (auto const& turn : turns_of(prompt)) {
        bool const is_user = turn.role == llm::Role::user;
        if (!std::exchange(first, false)) out += ',';
        out += is_user ? R"({"role":"user","content":[)" : R"({"role":"assistant","content":[)";
        Blocks blocks(out);
        if (is_user && !before.empty()) blocks.text(std::exchange(before, {}));
        if (!habits.no_replay) {
            for (auto const& block : read_replay(turn.replay)) blocks.reasoning(block);
        }
        for (auto const* part : turn.parts) {
            auto const* picture = std::get_if<llm::ImagePart>(part);
            if (picture == nullptr) {
                blocks.text(std::get<llm::TextPart>(*part).text);
            } else if (is_user && !habits.no_pictures && is_known_picture(*picture)) {
                blocks.picture(*picture);
            } else {
                blocks.text(named_picture(*picture));
            }
        }
        out += "]}";
    }
    out += ']';
}

std::optional<std::int64_t> max_tokens(llm::CompletionRequest const& request,
                                       ConverseHabits const& habits) {
    auto const wanted = request.parameters.max_tokens;
    if (!wanted || !habits.most_tokens) return wanted;
    return std::min(*wanted, *habits.most_tokens);
}

void append_inference_config(std::string& out, llm::CompletionRequest const& request,
                             ConverseHabits const& habits, bool thinks) {
    std::string members;
    auto const add = [&](std::string_view name, auto value) {
        fmt::format_to(std::back_inserter(members), R"({}"{}":{})", members.empty() ? "" : ",",
                       name, value);
    };
    auto const& parameters = request.parameters;
    if (auto const most = max_tokens(request, habits)) add("maxTokens", *most);
    if (parameters.temperature && !habits.no_temperature && !thinks)
        add("temperature", *parameters.temperature);
    if (parameters.top_p && !habits.no_top_p && !thinks) add("topP", *parameters.top_p);
    if (!members.empty()) out += R"(,"inferenceConfig":{)" + members + '}';
}

void append_guardrail(std::string& out, ConverseExtras const& extras, bool streams) {
    if (extras.guardrail.empty()) return;
    out += R"(,"guardrailConfig":{"guardrailIdentifier":)";
    append_json_string(out, extras.guardrail);
    out += R"(,"guardrailVersion":)";
    append_json_string(out, extras.guardrail_version);
    if (!extras.guardrail_trace.empty()) out += R"(,"trace":")" + extras.guardrail_trace + '"';
    if (streams && !extras.guardrail_mode.empty())
        out += R"(,"streamProcessingMode":")" + extras.guardrail_mode + '"';
    out += '}';
}

/// The model's own limit in "… exceeds the model limit of 4096 …" or "max_tokens: 8192 > 4096, …".
std::optional<std::int64_t> limit_in(std::string_view words) {
    for (std::string_view const mark : {"limit of ", "> "}) {
        auto const at = words.find(mark);
        if (at == words.npos) continue;
        auto const rest = words.substr(at + mark.size());
        std::int64_t limit = 0;
        auto const [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), limit);
        if (error == std::errc() && limit > 0) return limit;
    }
    return std::nullopt;
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    }
    return out;
}

bool has_picture(llm::Prompt const& prompt) {
    return std::ranges::any_of(prompt.messages, [](llm::PromptMessage const& message) {
        return std::ranges::any_of(message.parts, [](llm::Part const& part) {
            return std::holds_alternative<llm::ImagePart>(part);
        });
    });
}

bool has_replay(llm::Prompt const& prompt) {
    return std::ranges::any_of(prompt.messages, [](llm::PromptMessage const& message) {
        return !message.replay.empty();
    });
}

bool switches_thinking_on(json::object const& fields) {
    auto const* thinking = fields.if_contains("thinking");
    auto const* members = thinking ? thinking->if_object() : nullptr;
    auto const* type = members ? members->if_contains("type") : nullptr;
    return type && type->is_string() && type->get_string() != "disabled";
}

}  // namespace

Result<ConverseExtras> ConverseExtras::read(std::map<std::string, std::string> const& options) {
    ConverseExtras extras;
    auto const read = [&](std::string const& name, std::string& into,
                          std::initializer_list<std::string_view> allowed) -> Result<void> {
        auto const found = options.find(name);
        if (found == options.end() || found->second.empty()) return {};
        if (allowed.size() > 0 && std::ranges::find(allowed, found->second) == allowed.end())
            return fail(Errc::invalid_argument,
                        fmt::format("{}: expected one of {}", name, fmt::join(allowed, ", ")));
        into = found->second;
        return {};
    };
    for (auto const& result :
         {read("guardrail", extras.guardrail, {}),
          read("guardrail_version", extras.guardrail_version, {}),
          read("guardrail_trace", extras.guardrail_trace, {"enabled", "disabled", "enabled_full"}),
          read("guardrail_mode", extras.guardrail_mode, {"sync", "async"}),
          read("additional_fields", extras.additional_fields, {}),
          read("latency", extras.latency, {"standard", "optimized"}),
          read("service_tier", extras.service_tier, {"default", "priority", "flex", "reserved"})}) {
        if (!result) return std::unexpected(result.error());
    }
    if (auto const& fields = extras.additional_fields; !fields.empty()) {
        auto const value = parse_json(fields);
        if (!value || !value->is_object() || fields.size() > max_additional_bytes)
            return fail(Errc::invalid_argument,
                        "additional_fields: expected a JSON object of at most 16 KiB, such as "
                        R"({"thinking":{"type":"enabled","budget_tokens":2048}})");
        extras.thinks = switches_thinking_on(value->get_object());
    }
    return extras;
}

std::string named_picture(llm::ImagePart const& picture) {
    return fmt::format("[a picture that this model cannot see: {}, {} bytes]", picture.media_type,
                       picture.bytes.size());
}

std::string converse_body(llm::CompletionRequest const& request, ConverseExtras const& extras,
                          ConverseHabits const& habits) {
    std::string out = "{";
    append_messages(out, request.prompt, habits);
    auto const& system = request.prompt.system;
    bool const has_system = system.find_first_not_of(" \r\n\t") != std::string::npos;
    if (has_system && !habits.no_system) {
        out += R"(,"system":[{"text":)";
        append_json_string(out, system);
        out += "}]";
    }
    append_inference_config(out, request, habits, extras.thinks);
    append_guardrail(out, extras, !habits.no_stream);
    if (!extras.additional_fields.empty())
        out += R"(,"additionalModelRequestFields":)" + extras.additional_fields;
    if (!extras.latency.empty())
        out += R"(,"performanceConfig":{"latency":")" + extras.latency + R"("})";
    if (!extras.service_tier.empty())
        out += R"(,"serviceTier":{"type":")" + extras.service_tier + R"("})";
    out += '}';
    return out;
}

ConverseHabits habits_after(ConverseHabits habits, llm::CompletionRequest const& request,
                            VendorError const& error) {
    if (error.status != 400) return habits;
    auto const words = lower(error.message);
    if (auto const limit = limit_in(words);
        limit && words.contains("token") && max_tokens(request, habits).value_or(0) > *limit) {
        habits.most_tokens = limit;
        return habits;
    }
    bool const refused = words.contains("n't support") || words.contains("unsupported") ||
                         words.contains("may only be") || refuses_parameter(error);
    // An old signature is refused in words of its own.
    bool const about_reasoning = words.contains("reasoning") || words.contains("thinking");
    bool const about_sampling = words.contains("temperature") || words.contains("top_p");
    bool const about_replay =
        about_reasoning && !about_sampling && (refused || words.contains("signature"));
    auto const& sent = request.parameters;
    auto const about = [&](std::string_view name, std::string_view other) {
        return words.contains(name) || words.contains(other);
    };
    if (about_replay && has_replay(request.prompt) && !habits.no_replay) {
        habits.no_replay = true;
    } else if (!refused) {
        return habits;
    } else if (about("streaming", "converse-stream")) {
        habits.no_stream = true;
    } else if (sent.top_p && !habits.no_top_p && about("top_p", "topp")) {
        // Where the two exclude each other, the temperature is what people set.
        habits.no_top_p = true;
    } else if (sent.temperature && words.contains("temperature")) {
        habits.no_temperature = true;
    } else if (!request.prompt.system.empty() && words.contains("support") &&
               words.contains("system")) {
        habits.no_system = true;
    } else if (has_picture(request.prompt) && words.contains("support") &&
               words.contains("image")) {
        habits.no_pictures = true;
    }
    return habits;
}

}  // namespace kaiwa::providers
