#include "providers/anthropic/decoder.hpp"

#include "providers/common/failures.hpp"
#include "providers/common/json_scanner.hpp"

#include <algorithm>
#include <utility>

namespace kaiwa::providers {

using llm::FinishReason;

namespace {

/// Ids, names and arguments of all calls together; more is broken.
constexpr std::size_t max_tool_bytes = std::size_t{1} << 20;
constexpr std::size_t max_tools = 128;

}  // namespace

struct AnthropicDecoder::Said {
    /// A content block, or the delta of one.
    struct Block {
        std::string type, id, name, text, thinking, partial_json, input;
    };

    std::string type;
    std::int64_t index = 0;
    Block block;
    Block delta;
    std::vector<Block> content;  ///< Of a whole message.
    std::string stop_reason;
    std::optional<std::int64_t> input_tokens, output_tokens, cache_read, cache_written;

    bool read(std::string_view text);

private:
    void read_block(JsonScanner& json, Block& into);
    void read_usage(JsonScanner& json);
    void read_message(JsonScanner& json);
    void read_member(JsonScanner& json, std::string_view name);
};

void AnthropicDecoder::Said::read_block(JsonScanner& json, Block& into) {
    std::string_view name;
    if (!json.begin_object()) return;
    while (json.next_member(name)) {
        if (name == "type") {
            json.string(into.type);
        } else if (name == "id") {
            json.string(into.id);
        } else if (name == "name") {
            json.string(into.name);
        } else if (name == "text") {
            json.string(into.text);
        } else if (name == "thinking") {
            json.string(into.thinking);
        } else if (name == "partial_json") {
            json.string(into.partial_json);
        } else if (name == "input") {
            into.input = json.raw();
        } else if (name == "stop_reason") {
            json.string(stop_reason);
        } else {
            json.skip();
        }
    }
}

void AnthropicDecoder::Said::read_usage(JsonScanner& json) {
    std::string_view name;
    if (!json.begin_object()) return;
    while (json.next_member(name)) {
        if (name == "input_tokens") {
            input_tokens = json.integer();
        } else if (name == "output_tokens") {
            output_tokens = json.integer();
        } else if (name == "cache_read_input_tokens") {
            cache_read = json.integer();
        } else if (name == "cache_creation_input_tokens") {
            cache_written = json.integer();
        } else {
            json.skip();
        }
    }
}

void AnthropicDecoder::Said::read_message(JsonScanner& json) {
    std::string_view name;
    if (!json.begin_object()) return;
    while (json.next_member(name)) {
        if (name == "usage") {
            read_usage(json);
        } else {
            json.skip();
        }
    }
}

void AnthropicDecoder::Said::read_member(JsonScanner& json, std::string_view name) {
    if (name == "type") {
        json.string(type);
    } else if (name == "index") {
        index = json.integer().value_or(0);
    } else if (name == "delta") {
        read_block(json, delta);
    } else if (name == "content_block") {
        read_block(json, block);
    } else if (name == "message") {
        read_message(json);
    } else if (name == "usage") {
        read_usage(json);
    } else if (name == "stop_reason") {
        json.string(stop_reason);
    } else if (name == "content" && json.peek() == '[') {
        json.begin_array();
        while (json.next_element()) read_block(json, content.emplace_back());
    } else {
        json.skip();
    }
}

bool AnthropicDecoder::Said::read(std::string_view text) {
    JsonScanner json(text);
    std::string_view name;
    if (!json.begin_object()) return false;
    while (json.next_member(name)) read_member(json, name);
    return !json.broken() && json.at_end();
}

void AnthropicDecoder::take_event(ScannedEvent const& event) {
    if (event.data == "[DONE]") return finish();
    if (event.type == "error") return fail(failure_inside(event.data));
    if (!event.data.starts_with('{')) return;
    Said said;
    if (!said.read(event.data)) {
        return fail(llm::make_failure(llm::FailureClass::model_error,
                                      "the model's server sent an event that is not JSON",
                                      "unreadable"));
    }
    if (said.type.empty() || said.type == "error") return fail(failure_inside(event.data));
    take_said(said);
}

bool AnthropicDecoder::take_whole(std::string_view body) {
    Said said;
    if (!said.read(body)) return false;
    if (said.type != "message") {
        fail(failure_inside(body));
        return true;
    }
    add_usage(said);
    for (std::size_t i = 0; i < said.content.size(); ++i) {
        said.index = static_cast<std::int64_t>(i);
        said.block = std::move(said.content[i]);
        take_block(said);
    }
    take_stop_reason(said.stop_reason.empty() ? "end_turn" : said.stop_reason);
    return true;
}

void AnthropicDecoder::take_said(Said& said) {
    add_usage(said);
    if (said.type == "content_block_delta") {
        take_delta(said);
    } else if (said.type == "content_block_start") {
        take_block(said);
    } else if (said.type == "message_delta") {
        take_stop_reason(said.stop_reason);
    } else if (said.type == "message_stop") {
        finish();
    }
}

bool AnthropicDecoder::count_tool(std::size_t bytes) {
    tool_bytes_ += bytes;
    if (tool_bytes_ <= max_tool_bytes && tools_.size() <= max_tools) return true;
    fail(llm::make_failure(llm::FailureClass::model_error,
                           "the tool calls of an answer are more than 128 or longer than 1 MiB",
                           "too_long"));
    return false;
}

void AnthropicDecoder::take_block(Said& said) {
    if (over()) return;
    auto& block = said.block;
    if (block.type == "text") {
        add_text(block.text);
    } else if (block.type == "thinking") {
        add_reasoning(block.thinking);
    } else if (block.type == "tool_use") {
        auto const bytes = block.id.size() + block.name.size() + block.input.size();
        Tool tool;
        tool.index = said.index;
        tool.call.id = std::move(block.id);
        tool.call.name = std::move(block.name);
        tool.whole_input = std::move(block.input);
        tools_.push_back(std::move(tool));
        count_tool(bytes);
    }
}

void AnthropicDecoder::take_delta(Said& said) {
    auto& delta = said.delta;
    if (delta.type == "text_delta") {
        add_text(delta.text);
    } else if (delta.type == "thinking_delta") {
        add_reasoning(delta.thinking);
    } else if (delta.type == "input_json_delta") {
        auto const tool = std::ranges::find(tools_, said.index, &Tool::index);
        if (tool == tools_.end()) return;  // of a tool that the server runs itself
        if (count_tool(delta.partial_json.size())) tool->call.arguments += delta.partial_json;
    }
}

void AnthropicDecoder::add_usage(Said const& said) {
    if (!said.input_tokens && !said.output_tokens) return;
    has_usage_ = true;
    // Counts are cumulative; what is left out stays.
    uncached_ = said.input_tokens.value_or(uncached_);
    cache_read_ = said.cache_read.value_or(cache_read_);
    cache_written_ = said.cache_written.value_or(cache_written_);
    usage_.output_tokens = said.output_tokens.value_or(usage_.output_tokens);
    usage_.input_tokens = uncached_ + cache_read_ + cache_written_;
    if (said.cache_read) usage_.cached_tokens = cache_read_;
}

void AnthropicDecoder::take_stop_reason(std::string const& reason) {
    if (reason.empty()) return;
    if (reason == "max_tokens" || reason == "model_context_window_exceeded") {
        reason_ = FinishReason::length;
    } else if (reason == "refusal") {
        reason_ = FinishReason::filtered;
    } else if (reason == "tool_use") {
        reason_ = FinishReason::tool;
    } else {
        reason_ = FinishReason::stop;
    }
}

void AnthropicDecoder::push_end() {
    flush_text();
    auto const reason = reason_.value_or(FinishReason::stop);
    for (auto& tool : tools_) {
        auto& arguments = tool.call.arguments;
        if (arguments.empty())
            arguments = tool.whole_input.empty() ? "{}" : std::move(tool.whole_input);
        // An unfinished call of an answer that hit its limit must not be executed.
        if (reason == FinishReason::length && !is_whole_json_object(arguments)) continue;
        push_call(std::move(tool.call));
    }
    if (has_usage_) push(usage_);
    push(llm::Finished{reason});
}

}  // namespace kaiwa::providers
