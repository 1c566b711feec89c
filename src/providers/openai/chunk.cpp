#include "providers/openai/chunk.hpp"

#include "providers/common/json_scanner.hpp"

#include <utility>

namespace kaiwa::providers {
namespace {

void read_function(JsonScanner& json, ToolFragment& fragment) {
    std::string_view name;
    if (!json.begin_object()) return;
    while (json.next_member(name)) {
        if (name == "name") {
            json.string(fragment.name);
        } else if (name != "arguments") {
            json.skip();
        } else if (json.peek() == '{') {
            fragment.arguments = json.raw();  // as an object instead of its text
        } else {
            json.string(fragment.arguments);
        }
    }
}

void read_tool_calls(JsonScanner& json, Chunk& chunk) {
    std::string_view name;
    if (!json.begin_array()) return;
    while (json.next_element()) {
        if (!json.begin_object()) continue;
        auto& fragment = chunk.tools.emplace_back();
        while (json.next_member(name)) {
            if (name == "index") {
                fragment.index = json.integer();
            } else if (name == "id") {
                json.string(fragment.id);
            } else if (name == "function") {
                read_function(json, fragment);
            } else {
                json.skip();
            }
        }
    }
}

/// The texts of a list of parts inside a part. What is nested deeper is skipped: a server must not
/// decide how deep this goes.
void read_thinking(JsonScanner& json, std::string& reasoning) {
    std::string_view name;
    if (!json.begin_array()) return;
    while (json.next_element()) {
        if (!json.begin_object()) continue;
        while (json.next_member(name)) {
            if (name == "text" || name == "thinking") {
                json.string(reasoning);
            } else {
                json.skip();
            }
        }
    }
}

/// Content as a list of parts: `[{"type":"thinking","thinking":[…]},{"type":"text","text":"…"}]`.
void read_parts(JsonScanner& json, std::string& text, std::string& reasoning) {
    std::string_view name;
    if (!json.begin_array()) return;
    while (json.next_element()) {
        if (!json.begin_object()) continue;
        while (json.next_member(name)) {
            if (name == "text") {
                json.string(text);
            } else if (name == "thinking" && json.peek() == '[') {
                read_thinking(json, reasoning);
            } else if (name == "thinking") {
                json.string(reasoning);
            } else {
                json.skip();
            }
        }
    }
}

/// Appends the string that comes next to `words`, and returns it as written when it says something.
std::string_view read_words(JsonScanner& json, std::string& words) {
    if (json.peek() != '"') {
        json.skip();
        return {};
    }
    auto const size = words.size();
    auto const from = json.rest();
    json.string(words);
    return from.substr(0, words.size() > size ? from.size() - json.rest().size() : 0);
}

void keep_said(std::string_view& literal, std::string_view said) {
    if (!said.empty()) literal = said;
}

/// The delta of a chunk or the message of a whole answer.
void read_message(JsonScanner& json, Chunk& chunk) {
    std::string_view name, literal, other_literal;
    std::string other_reasoning;
    if (!json.begin_object()) return;
    while (json.next_member(name)) {
        if (name == "content") {
            if (json.peek() == '[') {
                read_parts(json, chunk.text, chunk.reasoning);
            } else {
                keep_said(literal, read_words(json, chunk.text));
            }
        } else if (name == "reasoning_content") {
            keep_said(literal, read_words(json, chunk.reasoning));
        } else if (name == "reasoning") {
            other_literal = read_words(json, other_reasoning);
        } else if (name == "refusal") {
            auto const before = chunk.text.size();
            json.string(chunk.text);
            chunk.refused = chunk.refused || chunk.text.size() > before;
        } else if (name == "tool_calls") {
            read_tool_calls(json, chunk);
        } else if (name == "function_call" && json.peek() == '{') {
            read_function(json, chunk.tools.emplace_back());
        } else {
            json.skip();
        }
    }
    // Some servers send the same words under both names.
    if (chunk.reasoning.empty() && !other_reasoning.empty()) {
        chunk.reasoning = std::move(other_reasoning);
        literal = other_literal;
    }
    keep_said(chunk.literal, literal);
}

void read_choices(JsonScanner& json, Chunk& chunk) {
    std::string_view name;
    if (!json.begin_array()) return;
    for (bool first = true; json.next_element(); first = false) {
        if (!first || json.peek() != '{') {
            json.skip();
            continue;
        }
        json.begin_object();
        while (json.next_member(name)) {
            if (name == "delta" || name == "message") {
                read_message(json, chunk);
            } else if (name == "finish_reason") {
                json.string(chunk.finish);
            } else {
                json.skip();
            }
        }
    }
}

std::optional<std::int64_t> read_detail(JsonScanner& json, std::string_view wanted) {
    std::optional<std::int64_t> value;
    std::string_view name;
    if (!json.begin_object()) return value;
    while (json.next_member(name)) {
        if (name == wanted) {
            value = json.integer();
        } else {
            json.skip();
        }
    }
    return value;
}

void read_usage(JsonScanner& json, Chunk& chunk) {
    std::string_view name;
    if (!json.begin_object()) return;
    llm::Usage usage;
    while (json.next_member(name)) {
        if (name == "prompt_tokens") {
            usage.input_tokens = json.integer().value_or(0);
        } else if (name == "completion_tokens") {
            usage.output_tokens = json.integer().value_or(0);
        } else if (name == "prompt_tokens_details") {
            if (auto cached = read_detail(json, "cached_tokens")) usage.cached_tokens = cached;
        } else if (name == "prompt_cache_hit_tokens") {
            usage.cached_tokens = json.integer();
        } else if (name == "completion_tokens_details") {
            usage.reasoning_tokens = read_detail(json, "reasoning_tokens");
        } else {
            json.skip();
        }
    }
    chunk.usage = usage;
}

bool says_something(std::string_view error) {
    return !error.empty() && error != "null" && error != "false" && error != "\"\"" &&
           error != "{}";
}

}  // namespace

void Chunk::clear() {
    text.clear();
    reasoning.clear();
    finish.clear();
    refused = false;
    error = literal = {};
    tools.clear();
    usage.reset();
}

bool Chunk::has_words_alone() const {
    return text.empty() != reasoning.empty() && finish.empty() && !refused && error.empty() &&
           tools.empty() && !usage;
}

bool read_chunk(std::string_view text, Chunk& chunk) {
    chunk.clear();
    JsonScanner json(text);
    if (json.peek() != '{') return false;
    json.begin_object();
    bool is_error = false;
    std::string_view name;
    while (json.next_member(name)) {
        if (name == "choices") {
            read_choices(json, chunk);
        } else if (name == "usage") {
            read_usage(json, chunk);
        } else if (name == "error") {
            // The whole text, so that whoever reads the error finds it under its name.
            if (says_something(json.raw())) chunk.error = text;
        } else if (name == "object") {
            is_error = json.raw() == "\"error\"";
        } else {
            json.skip();
        }
    }
    if (is_error) chunk.error = text;
    return !json.broken() && json.at_end();
}

}  // namespace kaiwa::providers
