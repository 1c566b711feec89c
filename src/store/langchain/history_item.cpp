#include "store/langchain/history_item.hpp"

#include <algorithm>

namespace kaiwa::store::langchain {
namespace {

using Kind = chat::Remembered::Kind;

/// Text, or the texts of content blocks: a block is text itself, or a map with a `text`.
std::string content_of(Item const& data) {
    auto const* content = dynamodb::find(data, "content");
    if (!content) return {};
    if (auto const* text = content->if_string()) return *text;
    std::string joined;
    auto const* blocks = content->if_list();
    if (!blocks) return joined;
    for (auto const& block : *blocks) {
        if (auto const* text = block.if_string())
            joined += *text;
        else if (auto const* map = block.if_map())
            joined += dynamodb::string_or(*map, "text");
    }
    return joined;
}

/// Who speaks; chunks are what a program stored of a stream.
std::optional<Kind> kind_of(std::string_view type) {
    if (type == "human" || type == "HumanMessageChunk") return Kind::user;
    if (type == "ai" || type == "AIMessageChunk") return Kind::assistant;
    if (type == "system" || type == "SystemMessageChunk") return Kind::instruction;
    return std::nullopt;
}

/// The members that every message has.
Item common_data(std::string_view type, std::string_view text, std::string_view id) {
    return {{"type", type},
            {"content", text},
            {"additional_kwargs", Item{}},
            {"response_metadata", Item{}},
            {"name", Value()},
            {"id", id}};
}

Value element(std::string_view type, Item data) {
    return Item{{"type", type}, {"data", std::move(data)}};
}

bool is_human(Value const& element) {
    auto const* map = element.if_map();
    return map && dynamodb::string_or(*map, "type") == "human";
}

std::size_t size_of(Value const& element) {
    return dynamodb::size_of(Item{{"", element}});
}

}  // namespace

Result<std::vector<HistoryMessage>> read_history(Item const& item) {
    std::vector<HistoryMessage> messages;
    auto const* history = dynamodb::find(item, "History");
    if (!history) return messages;
    auto const* list = history->if_list();
    auto const wrong = [] {
        return fail(Errc::invalid_argument, "the session's History is no list of messages");
    };
    if (!list) return wrong();
    for (auto const& entry : *list) {
        auto const* map = entry.if_map();
        if (!map) return wrong();
        auto const* data = dynamodb::find_map(*map, "data");
        auto const kind = kind_of(dynamodb::string_or(*map, "type"));
        auto& message = messages.emplace_back();
        if (!data) continue;
        message.id = dynamodb::string_or(*data, "id");
        if (!kind) continue;
        message.known = true;
        message.said = {*kind, content_of(*data)};
    }
    return messages;
}

Value human_element(std::string_view text, std::string_view id) {
    return element("human", common_data("human", text, id));
}

Value ai_element(std::string_view text, std::string_view id) {
    auto data = common_data("ai", text, id);
    data.emplace("tool_calls", Value::List{});
    data.emplace("invalid_tool_calls", Value::List{});
    data.emplace("usage_metadata", Value());
    return element("ai", std::move(data));
}

Value::List cut(Value::List history, std::size_t max_bytes) {
    std::size_t bytes = 0;
    for (auto const& entry : history) bytes += size_of(entry);
    auto first = history.begin();
    while (first != history.end() && bytes > max_bytes) bytes -= size_of(*first++);
    if (first == history.begin()) return history;
    auto const question = std::find_if(first, history.end(), is_human);
    if (question != history.end()) first = question;
    return {std::make_move_iterator(first), std::make_move_iterator(history.end())};
}

}  // namespace kaiwa::store::langchain
