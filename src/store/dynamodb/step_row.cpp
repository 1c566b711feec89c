#include "store/dynamodb/step_row.hpp"

#include "chat/file_names.hpp"

#include <algorithm>
#include <array>

namespace kaiwa::store::dynamodb {

using chat::Message;
using chat::MessageRole;
using chat::MessageState;

namespace {

constexpr std::array states = {MessageState::pending, MessageState::complete, MessageState::stopped,
                               MessageState::interrupted, MessageState::failed};

MessageState read_state(std::string_view text) {
    for (auto const state : states)
        if (to_string(state) == text) return state;
    return MessageState::complete;
}

std::optional<chat::Feedback> read_feedback(Item const& item) {
    auto const* feedback = find_map(item, "feedback");
    if (!feedback) return std::nullopt;
    auto const value = optional_integer(*feedback, "value");
    if (!value) return std::nullopt;
    using Value = chat::Feedback::Value;
    return chat::Feedback{*value > 0 ? Value::up : Value::down, string_or(*feedback, "comment")};
}

std::optional<llm::Usage> read_usage(Item const& ours) {
    auto const* usage = find_map(ours, "usage");
    if (!usage) return std::nullopt;
    return llm::Usage{optional_integer(*usage, "input_tokens").value_or(0),
                      optional_integer(*usage, "output_tokens").value_or(0),
                      optional_integer(*usage, "cached_tokens"),
                      optional_integer(*usage, "reasoning_tokens")};
}

std::optional<Overflow> read_overflow(Item const& ours) {
    auto const* more = find_map(ours, "more");
    if (!more) return std::nullopt;
    Overflow overflow;
    overflow.tag = string_or(*more, "tag");
    overflow.parts = static_cast<std::size_t>(optional_integer(*more, "parts").value_or(0));
    constexpr std::array names = {"text", "reasoning", "steps", "citations"};
    for (std::size_t i = 0; i < names.size(); ++i)
        overflow.sizes[i] = static_cast<std::size_t>(optional_integer(*more, names[i]).value_or(0));
    return overflow;
}

void read_extra(Item const& ours, StepRow& row) {
    auto& message = row.message;
    row.is_ours = true;
    row.number = static_cast<std::uint64_t>(optional_integer(ours, "number").value_or(0));
    row.key = string_or(ours, "key");
    row.overflow = read_overflow(ours);
    message.parent = MessageId::parse(string_or(ours, "parent"));
    message.state = read_state(string_or(ours, "state"));
    message.generation = GenerationId::parse(string_or(ours, "generation"));
    message.model = optional_string(ours, "model");
    message.finish = optional_string(ours, "finish");
    message.error = optional_string(ours, "error");
    message.reasoning = string_or(ours, "reasoning");
    message.steps_json = string_or(ours, "steps", "[]");
    message.citations_json = string_or(ours, "citations", "[]");
    message.usage = read_usage(ours);
}

/// Before that `end` is the beginning, as Chainlit writes it; of an interrupted answer it is when
/// that was noticed.
bool was_seen_to_end(Message const& message) {
    return message.generation && message.state != MessageState::pending &&
           message.state != MessageState::interrupted;
}

/// The longest beginning of at most `bytes` that ends between code points.
std::string_view cut(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return text;
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
    return text.substr(0, bytes);
}

Item usage_item(llm::Usage const& usage) {
    Item item{{"input_tokens", usage.input_tokens}, {"output_tokens", usage.output_tokens}};
    if (usage.cached_tokens) item.emplace("cached_tokens", *usage.cached_tokens);
    if (usage.reasoning_tokens) item.emplace("reasoning_tokens", *usage.reasoning_tokens);
    return item;
}

std::optional<FileId> chainlits_file(Item const& element) {
    auto const id = string_or(element, "id");
    if (id.empty()) return std::nullopt;
    auto const partition = string_or(element, "PK");
    auto const thread = std::string_view(partition).substr(partition.rfind('#') + 1);
    return FileId{id_of_text(fmt::format("chainlit element|{}|{}", thread, id))};
}

std::string_view element_type(std::string_view media_type) {
    if (media_type.starts_with("image/")) return "image";
    if (media_type.starts_with("audio/")) return "audio";
    if (media_type.starts_with("video/")) return "video";
    if (media_type == "application/pdf") return "pdf";
    return "file";
}

}  // namespace

std::string_view to_string(MessageState state) {
    switch (state) {
        case MessageState::pending: return "pending";
        case MessageState::complete: return "complete";
        case MessageState::stopped: return "stopped";
        case MessageState::interrupted: return "interrupted";
        case MessageState::failed: return "failed";
    }
    return "failed";
}

StepRow read_step(Item item) {
    StepRow row;
    row.id = string_or(item, "id");
    row.type = string_or(item, "type");
    row.created = string_or(item, "createdAt");
    row.name = string_or(item, "name");
    row.parent_step = string_or(item, "parentId");
    row.is_hidden = string_or(item, "PK").starts_with("KAIWA#");
    auto& message = row.message;
    auto const id = MessageId::parse(row.id);
    bool const spoken = row.type == "user_message" || row.type == "assistant_message";
    row.is_message = spoken && id.has_value();
    message.id = id.value_or(MessageId());
    message.role = row.type == "user_message" ? MessageRole::user : MessageRole::assistant;
    message.text = string_or(item, "output");
    message.created_at = from_iso(row.created);
    message.feedback = read_feedback(item);
    if (row.is_message && bool_or(item, "isError")) message.state = MessageState::failed;
    auto const* metadata = find_map(item, "metadata");
    if (auto const* ours = metadata ? find_map(*metadata, "kaiwa") : nullptr)
        read_extra(*ours, row);
    auto const end = parse_rfc3339(string_or(item, "end"));
    if (end && was_seen_to_end(message)) message.ended_at = *end;
    row.item = std::move(item);
    return row;
}

std::vector<std::string> outline_attributes() {
    return {"PK", "SK", "id", "type", "name", "createdAt", "parentId",
            // Of a message of ours.
            "metadata.kaiwa.parent", "metadata.kaiwa.number", "metadata.kaiwa.state",
            "metadata.kaiwa.key", "metadata.kaiwa.generation", "metadata.kaiwa.more",
            // Of a file at a message.
            "forId", "mime", "objectKey", "kaiwaFile", "kaiwaPlace", "kaiwaSize", "kaiwaForeign"};
}

void complete(StepRow& row, Item item) {
    auto whole = read_step(std::move(item));
    auto& known = row.message;
    auto& message = whole.message;
    message.parent = known.parent;
    if (!row.is_ours) {
        // What the steps before an answer were folded into.
        message.steps_json = std::move(known.steps_json);
        if (!message.feedback) message.feedback = std::move(known.feedback);
    }
    row = std::move(whole);
}

void StepRow::drop_texts() {
    is_whole = false;
    item.clear();
    message.text.clear();
    message.reasoning.clear();
    message.citations_json.clear();
    if (is_ours) message.steps_json.clear();
}

std::optional<ElementRow> read_element(Item item) {
    ElementRow row;
    row.message = string_or(item, "forId");
    row.place = optional_integer(item, "kaiwaPlace").value_or(0);
    bool const is_ours = find(item, "kaiwaFile") != nullptr;
    auto const id = is_ours ? FileId::parse(string_or(item, "kaiwaFile")) : chainlits_file(item);
    row.file.foreign_key = string_or(item, is_ours ? "kaiwaForeign" : "objectKey");
    bool const has_bytes = is_ours || !row.file.foreign_key.empty();
    if (!id || !has_bytes || row.message.empty()) return std::nullopt;
    row.file.id = *id;
    auto name = string_or(item, "name");
    if (name.empty()) name = string_or(item, "type");  // Chainlit asks for none
    row.file.name = chat::safe_file_name(name);
    row.file.media_type = chat::safe_media_type(string_or(item, "mime"));
    row.file.size = static_cast<std::uint64_t>(optional_integer(item, "kaiwaSize").value_or(0));
    row.item = std::move(item);
    return row;
}

SplitText split_text(std::string_view text, std::string_view reasoning, std::string_view steps,
                     std::string_view citations, std::string tag) {
    SplitText out;
    auto const extra = reasoning.size() + steps.size() + citations.size();
    if (text.size() + extra <= inline_bytes) {
        out.inline_text = text;
        out.reasoning = reasoning;
        out.steps_json = steps;
        out.citations_json = citations;
        return out;
    }
    out.inline_text = cut(text, inline_bytes);
    auto const rest = text.substr(out.inline_text.size());
    out.steps_json = "[]";
    out.citations_json = "[]";
    std::string all;
    all.reserve(rest.size() + extra);
    all.append(rest).append(reasoning).append(steps).append(citations);
    auto& overflow = out.overflow.emplace();
    overflow.tag = std::move(tag);
    overflow.sizes = {rest.size(), reasoning.size(), steps.size(), citations.size()};
    for (std::string_view left = all; !left.empty();) {
        auto const part = cut(left, part_bytes);
        left.remove_prefix(part.size());
        out.parts.push_back({{"PK", text_partition(overflow.tag)},
                             {"SK", fmt::format("{}{:06}", parts_prefix, overflow.parts++)},
                             {"text", part}});
    }
    return out;
}

Result<void> join_text(StepRow& row, std::vector<Item> const& parts) {
    if (!row.overflow) return {};
    std::string all;
    for (auto const& part : parts) all += string_or(part, "text");
    auto const& sizes = row.overflow->sizes;
    if (parts.size() != row.overflow->parts ||
        all.size() != sizes[0] + sizes[1] + sizes[2] + sizes[3])
        return fail(Errc::unavailable, "a part of a long message is not in the table");
    std::string_view left = all;
    auto const take = [&](std::size_t bytes) {
        auto const part = left.substr(0, bytes);
        left.remove_prefix(bytes);
        return part;
    };
    row.message.text += take(sizes[0]);
    row.message.reasoning = take(sizes[1]);
    row.message.steps_json = take(sizes[2]);
    row.message.citations_json = take(sizes[3]);
    return {};
}

Item step_extra(Message const& message, std::uint64_t number, std::string const& key,
                SplitText const& text) {
    Item ours{{"parent", message.parent ? Value(message.parent->text()) : Value()},
              {"number", number},
              {"state", to_string(message.state)}};
    auto const keep = [&](char const* name, std::optional<std::string> const& value) {
        if (value && !value->empty()) ours.emplace(name, *value);
    };
    keep("key", key);
    keep("model", message.model);
    keep("finish", message.finish);
    keep("error", message.error);
    if (message.generation) ours.emplace("generation", message.generation->text());
    if (message.usage) ours.emplace("usage", usage_item(*message.usage));
    keep("reasoning", text.reasoning);
    if (text.steps_json != "[]") keep("steps", text.steps_json);
    if (text.citations_json != "[]") keep("citations", text.citations_json);
    if (auto const& more = text.overflow) {
        ours.emplace("more", Item{{"tag", more->tag},
                                  {"parts", more->parts},
                                  {"text", more->sizes[0]},
                                  {"reasoning", more->sizes[1]},
                                  {"steps", more->sizes[2]},
                                  {"citations", more->sizes[3]}});
    }
    return ours;
}

Item step_item(NewStep const& step) {
    auto const& message = step.message;
    bool const asked = message.role == MessageRole::user;
    // Chainlit sorts by time: a question and its answer are of the same millisecond.
    auto const created = to_iso(message.created_at, message.role == MessageRole::user ? 0 : 1);
    auto item = step_key(step.thread, message.id).item();
    Item own{{"id", message.id.text()},
             {"threadId", step.thread.text()},
             {"parentId", Value()},
             {"name", step.name},
             {"type", asked ? "user_message" : "assistant_message"},
             {"command", Value()},
             {"modes", Value()},
             {"streaming", false},
             {"waitForAnswer", Value()},
             {"isError", message.state == MessageState::failed},
             {"metadata",
              Item{{"kaiwa", step_extra(message, step.number, step.key, step.text)}}},
             {"tags", Value()},
             {"input", ""},
             {"output", step.text.inline_text},
             {"createdAt", created},
             {"start", created},
             {"end", created},
             {"generation", Value()},
             {"showInput", Value()},
             {"defaultOpen", false},
             {"autoCollapse", false},
             {"language", Value()},
             {"icon", Value()}};
    item.merge(own);
    return item;
}

Item element_item(ThreadId thread, MessageId message, std::int64_t place,
                  chat::FileInfo const& file, std::optional<std::string> const& object_prefix) {
    Value object;
    if (!file.foreign_key.empty()) object = file.foreign_key;
    else if (object_prefix) object = *object_prefix + file.id.text();
    auto const key = element_key(thread, file.id, message);
    auto item = key.item();
    Item own{{"id", key.sk.substr(std::string_view("ELEMENT#").size())},
             {"threadId", thread.text()},
             {"type", element_type(file.media_type)},
             {"chainlitKey", Value()},
             {"url", Value()},
             {"objectKey", std::move(object)},
             {"name", file.name},
             {"display", "inline"},
             {"size", Value()},
             {"props", Item{}},
             {"page", Value()},
             {"autoPlay", Value()},
             {"playerConfig", Value()},
             {"language", Value()},
             {"forId", message.text()},
             {"mime", file.media_type},
             {"kaiwaFile", file.id.text()},
             {"kaiwaPlace", place},
             {"kaiwaSize", file.size}};
    item.merge(own);
    if (!file.foreign_key.empty()) item.emplace("kaiwaForeign", file.foreign_key);
    return item;
}

Item feedback_item(ThreadId thread, MessageId message, chat::Feedback const& feedback) {
    return {{"id", fmt::format("THREAD#{}::STEP#{}", thread.text(), message.text())},
            {"forId", message.text()},
            {"threadId", thread.text()},
            {"value", feedback.value == chat::Feedback::Value::up ? 1 : 0},
            {"comment", feedback.comment}};
}

}  // namespace kaiwa::store::dynamodb
