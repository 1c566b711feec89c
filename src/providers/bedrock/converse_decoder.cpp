#include "providers/bedrock/converse_decoder.hpp"

#include "base/crypto.hpp"
#include "providers/bedrock/replay.hpp"
#include "providers/common/json_scanner.hpp"

#include <algorithm>
#include <utility>

namespace kaiwa::providers {
namespace {

using llm::FinishReason;

/// What is held until the end of an answer (arguments of tools, reasoning to be shown again); more
/// is broken.
constexpr std::size_t max_kept_bytes = std::size_t{4} << 20;

std::optional<FinishReason> finish_of(std::string_view stop_reason) {
    if (stop_reason == "max_tokens" || stop_reason == "model_context_window_exceeded")
        return FinishReason::length;
    if (stop_reason == "guardrail_intervened" || stop_reason == "content_filtered")
        return FinishReason::filtered;
    if (stop_reason == "tool_use") return FinishReason::tool;
    if (stop_reason.starts_with("malformed_")) return std::nullopt;
    return FinishReason::stop;
}

template <class Block>
Block& block_at(std::vector<Block>& blocks, std::int64_t index) {
    auto const known = std::ranges::find(blocks, index, &Block::index);
    if (known != blocks.end()) return *known;
    auto& block = blocks.emplace_back();
    block.index = index;
    return block;
}

}  // namespace

struct ConverseDecoder::Said {
    std::int64_t index = 0;
    std::string text;
    bool is_reasoning = false, is_tool = false;
    std::string reasoning, signature, redacted;
    std::string tool_id, tool_name, tool_input;
    std::string whole_input;  ///< A tool's input as JSON, where the answer came in one piece.
    std::string stop_reason;
    llm::Usage usage;
    std::int64_t cache_written = 0;
    bool has_usage = false;
    std::vector<Said> content;  ///< The blocks of a whole answer.

    bool read(std::string_view payload) {
        JsonScanner json(payload);
        std::string_view name;
        if (!json.begin_object()) return false;
        while (json.next_member(name)) {
            if (name == "contentBlockIndex") {
                index = json.integer().value_or(0);
            } else if (name == "delta" || name == "start") {
                read_block(json);
            } else {
                read_end(json, name);
            }
        }
        return !json.broken() && json.at_end();
    }

    bool read_whole(std::string_view body) {
        JsonScanner json(body);
        std::string_view name;
        if (!json.begin_object()) return false;
        while (json.next_member(name)) {
            if (name == "output") {
                read_output(json);
            } else {
                read_end(json, name);
            }
        }
        return !json.broken() && json.at_end();
    }

private:
    /// Members of one content block, or of the delta of one.
    void read_block(JsonScanner& json) {
        std::string_view name;
        if (!json.begin_object()) return;
        while (json.next_member(name)) {
            if (name == "text") {
                json.string(text);
            } else if (name == "reasoningContent") {
                is_reasoning = true;
                read_reasoning(json);
            } else if (name == "toolUse") {
                is_tool = true;
                read_tool(json);
            } else {
                json.skip();
            }
        }
    }

    /// What says how the answer ended and what it cost.
    void read_end(JsonScanner& json, std::string_view name) {
        if (name == "stopReason") {
            json.string(stop_reason);
        } else if (name == "usage") {
            read_usage(json);
        } else {
            json.skip();
        }
    }

    void read_output(JsonScanner& json) {
        std::string_view name;
        if (!json.begin_object()) return;
        while (json.next_member(name)) {
            if (name == "message") {
                read_message(json);
            } else {
                json.skip();
            }
        }
    }

    void read_message(JsonScanner& json) {
        std::string_view name;
        if (!json.begin_object()) return;
        while (json.next_member(name)) {
            if (name == "content" && json.peek() == '[') {
                json.begin_array();
                while (json.next_element()) content.emplace_back().read_block(json);
            } else {
                json.skip();
            }
        }
    }

    /// A delta's members; a whole answer wraps them once more.
    void read_reasoning(JsonScanner& json) {
        std::string_view name;
        if (!json.begin_object()) return;
        while (json.next_member(name)) {
            if (name != "reasoningText") {
                read_reasoning_member(json, name);
            } else if (json.begin_object()) {
                while (json.next_member(name)) read_reasoning_member(json, name);
            }
        }
    }

    void read_reasoning_member(JsonScanner& json, std::string_view name) {
        if (name == "text") {
            json.string(reasoning);
        } else if (name == "signature") {
            json.string(signature);
        } else if (name == "redactedContent") {
            json.string(redacted);
        } else {
            json.skip();
        }
    }

    void read_tool(JsonScanner& json) {
        std::string_view name;
        if (!json.begin_object()) return;
        while (json.next_member(name)) {
            if (name == "toolUseId") {
                json.string(tool_id);
            } else if (name == "name") {
                json.string(tool_name);
            } else if (name == "input" && json.peek() == '"') {
                json.string(tool_input);
            } else if (name == "input") {
                whole_input = json.raw();
            } else {
                json.skip();
            }
        }
    }

    void read_usage(JsonScanner& json) {
        std::string_view name;
        if (!json.begin_object()) return;
        has_usage = true;
        while (json.next_member(name)) {
            if (name == "inputTokens") {
                usage.input_tokens = json.integer().value_or(0);
            } else if (name == "outputTokens") {
                usage.output_tokens = json.integer().value_or(0);
            } else if (name == "cacheReadInputTokens") {
                usage.cached_tokens = json.integer();
            } else if (name == "cacheWriteInputTokens") {
                cache_written = json.integer().value_or(0);
            } else {
                json.skip();
            }
        }
    }
};

void ConverseDecoder::take_event(std::string_view type, std::string_view payload) {
    bool const is_block = type == "contentBlockStart" || type == "contentBlockDelta";
    if (!is_block && type != "messageStop" && type != "metadata") return;
    Said said;
    if (!said.read(payload)) return fail_unreadable();
    if (is_block) {
        if (!said_end_) take_block(said);
    } else if (type == "messageStop") {
        stop_reason_ = std::move(said.stop_reason);
        said_end_ = true;
    } else {
        take_usage(said);
        if (said_end_) finish();
    }
}

bool ConverseDecoder::take_whole(std::string_view body) {
    Said said;
    if (!said.read_whole(body) || (said.content.empty() && said.stop_reason.empty())) return false;
    for (std::size_t i = 0; i < said.content.size(); ++i) {
        said.content[i].index = static_cast<std::int64_t>(i);
        take_block(said.content[i]);
    }
    take_usage(said);
    stop_reason_ = std::move(said.stop_reason);
    said_end_ = true;
    return true;
}

void ConverseDecoder::take_block(Said& said) {
    if (over()) return;
    add_text(said.text);
    if (said.is_reasoning && !over()) take_reasoning(said);
    if (said.is_tool && !over()) take_tool(said);
}

bool ConverseDecoder::count_kept(std::size_t bytes) {
    kept_bytes_ += bytes;
    if (kept_bytes_ <= max_kept_bytes) return true;
    fail(llm::make_failure(llm::FailureClass::model_error,
                           "the reasoning and tool calls of an answer are longer than 4 MiB",
                           "too_long"));
    return false;
}

void ConverseDecoder::take_reasoning(Said& said) {
    auto const bytes = said.reasoning.size() + said.signature.size() + said.redacted.size();
    if (!count_kept(bytes)) return;
    auto& block = block_at(reasoning_, said.index);
    block.text += said.reasoning;
    block.signature += said.signature;
    if (auto sealed = decode_base64(said.redacted)) block.redacted += *sealed;
    add_reasoning(said.reasoning);
}

void ConverseDecoder::take_tool(Said& said) {
    auto const bytes = said.tool_id.size() + said.tool_name.size() + said.tool_input.size() +
                       said.whole_input.size() + sizeof(llm::ToolCall);
    if (!count_kept(bytes)) return;
    auto& call = block_at(tools_, said.index).call;
    if (call.id.empty()) call.id = std::move(said.tool_id);
    if (call.name.empty()) call.name = std::move(said.tool_name);
    call.arguments += said.whole_input.empty() ? said.tool_input : said.whole_input;
}

void ConverseDecoder::take_usage(Said const& said) {
    if (!said.has_usage) return;
    usage_ = said.usage;
    // What came from and went to the cache is not among the input tokens.
    usage_->input_tokens += said.usage.cached_tokens.value_or(0) + said.cache_written;
}

void ConverseDecoder::push_replay() {
    std::vector<ReasoningBlock> blocks;
    for (auto& block : reasoning_) {
        bool const is_signed = !block.signature.empty();
        if (!block.redacted.empty()) {
            blocks.push_back({{}, {}, std::move(block.redacted)});
        } else if (is_signed) {
            blocks.push_back({well_formed(std::move(block.text)),
                              well_formed(std::move(block.signature)),
                              {}});
        }
    }
    if (auto payload = replay_payload(blocks); !payload.empty())
        push(llm::Replay{std::move(payload)});
}

void ConverseDecoder::push_end() {
    flush_text();
    auto const reason = finish_of(stop_reason_);
    for (auto& [index, call] : tools_) {
        if (call.arguments.empty()) call.arguments = "{}";
        // An unfinished call of an answer that hit its limit must not be executed.
        bool const unfinished = !is_whole_json_object(call.arguments);
        if (unfinished && reason != FinishReason::tool) continue;
        push_call(std::move(call));
    }
    push_replay();
    if (usage_) push(*usage_);
    if (reason) {
        push(llm::Finished{*reason});
    } else {
        fail(llm::make_failure(llm::FailureClass::model_error,
                               "the model wrote something that Bedrock could not read (" +
                                   well_formed(stop_reason_.substr(0, 64)) + ")",
                               "gave_up"));
    }
}

}  // namespace kaiwa::providers
