#include "base/json.hpp"
#include "store/foreign/readers.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <tuple>
#include <unordered_map>

namespace kaiwa::store::foreign {
namespace {

/// Members have had names of both kinds.
json::value const* member(json::object const& object, std::string_view snake,
                          std::string_view camel) {
    auto const* found = object.if_contains(snake);
    return found ? found : object.if_contains(camel);
}

std::string text_of(json::value const* value) {
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::optional<Timestamp> time_of(json::value const* value) {
    if (!value || !value->is_number()) return std::nullopt;
    auto const number = value->to_number<double>();
    if (!std::isfinite(number)) return std::nullopt;
    Item const item{{"t", dynamodb::Value::real(number)}};
    return read_time(item, "t");
}

/// The texts of a content: an object with `content_type` and `body`, or a list of them.
std::string content_of(json::value const* content) {
    if (!content) return {};
    if (auto const* list = content->if_array()) {
        std::string joined;
        for (auto const& each : *list) {
            auto const text = content_of(&each);
            if (!joined.empty() && !text.empty()) joined += "\n\n";
            joined += text;
        }
        return joined;
    }
    auto const* object = content->if_object();
    if (!object) return text_of(content);
    auto const type = text_of(member(*object, "content_type", "contentType"));
    return type == "text" ? text_of(object->if_contains("body")) : std::string();
}

std::optional<chat::Feedback> feedback_of(json::object const& message) {
    auto const* given = message.if_contains("feedback");
    auto const* object = given ? given->if_object() : nullptr;
    auto const* up = object ? member(*object, "thumbs_up", "thumbsUp") : nullptr;
    if (!up || !up->is_bool()) return std::nullopt;
    using Value = chat::Feedback::Value;
    return chat::Feedback{up->get_bool() ? Value::up : Value::down,
                          text_of(object->if_contains("comment"))};
}

/// Nodes that are no messages, each with what it hangs on.
using Passed = std::unordered_map<std::string, std::optional<std::string>>;

/// What a message hangs on that says to hang on `parent`: the nearest message above. Sets
/// `is_circle` where there is none since nodes lead in one, which then are roots.
std::optional<std::string> message_above(Passed& passed, std::optional<std::string> parent,
                                         bool& is_circle) {
    std::vector<std::string> way;
    while (parent && way.size() <= passed.size()) {
        auto const found = passed.find(*parent);
        if (found == passed.end()) break;
        way.push_back(*parent);
        parent = found->second;
    }
    is_circle = way.size() > passed.size();
    if (is_circle) parent.reset();
    for (auto const& node : way) passed[node] = parent;  // the next one need not go all the way
    return parent;
}

/// Of each circle of messages, which are sorted by age, the oldest becomes a root; tells which.
std::vector<std::string> break_circles(std::vector<ForeignMessage>& messages) {
    std::unordered_map<std::string_view, std::size_t> places;
    for (std::size_t i = 0; i < messages.size(); ++i) places.emplace(messages[i].id, i);
    enum class Seen : char { no, on_the_way, yes };
    std::vector<Seen> seen(messages.size(), Seen::no);
    std::vector<std::string> broken;
    for (std::size_t start = 0; start < messages.size(); ++start) {
        std::vector<std::size_t> way;
        std::optional<std::size_t> at = start;
        while (at && seen[*at] == Seen::no) {
            seen[*at] = Seen::on_the_way;
            way.push_back(*at);
            auto const& parent = messages[*at].parent;
            auto const above = parent ? places.find(*parent) : places.end();
            at = above == places.end() ? std::nullopt : std::optional(above->second);
        }
        if (at && seen[*at] == Seen::on_the_way) {
            auto const oldest = *std::min_element(std::ranges::find(way, *at), way.end());
            messages[oldest].parent.reset();
            broken.push_back(messages[oldest].id);
        }
        for (auto const place : way) seen[place] = Seen::yes;
    }
    return broken;
}

/// The tree of messages. Nodes of other roles (`system`, `instruction`) hold the root of it, or
/// instructions, of which the first text counts; what hangs on them hangs on their parents here.
struct Tree {
    std::string instructions;
    std::vector<std::string> broken;  ///< Roots whose parents led in a circle.
};
Result<Tree> read_map(json::object const& map, Conversation& into) {
    Tree tree;
    Passed passed;
    for (auto const& [id, value] : map) {
        auto const* node = value.if_object();
        if (!node) return fail(Errc::invalid_argument, "a message is no JSON object");
        auto const parent = text_of(node->if_contains("parent"));
        auto const role = text_of(node->if_contains("role"));
        auto text = content_of(node->if_contains("content"));
        auto const above = parent.empty() ? std::nullopt : std::optional(parent);
        if (role != "user" && role != "assistant" && role != "bot") {
            if (tree.instructions.empty()) tree.instructions = std::move(text);
            passed.emplace(std::string(id), above);
            continue;
        }
        auto& message = into.messages.emplace_back();
        message.id = std::string(id);
        message.parent = above;
        message.role = role == "user" ? chat::MessageRole::user : chat::MessageRole::assistant;
        message.text = std::move(text);
        message.created_at = time_of(member(*node, "create_time", "createTime"));
        message.feedback = feedback_of(*node);
        auto model = text_of(node->if_contains("model"));
        if (!model.empty()) message.model = std::move(model);
    }
    for (auto& message : into.messages) {
        bool is_circle = false;
        message.parent = message_above(passed, std::move(message.parent), is_circle);
        if (is_circle) tree.broken.push_back(message.id);
    }
    // JSON has no order of members that means something: siblings are as old as they say.
    std::ranges::sort(into.messages, [](ForeignMessage const& a, ForeignMessage const& b) {
        auto const of_a = a.created_at.value_or(Timestamp());
        auto const of_b = b.created_at.value_or(Timestamp());
        return std::tie(of_a, a.id) < std::tie(of_b, b.id);
    });
    std::ranges::move(break_circles(into.messages), std::back_inserter(tree.broken));
    return tree;
}

/// One item is one conversation: `PK` is its person, `SK` is "{person}#CONV#{id}". Other items of
/// the table (bots, aliases) have no place here.
class BedrockChatReader final : public Reader {
public:
    Taken take(Item const& item, std::uint64_t) override {
        auto const owner = dynamodb::string_or(item, "PK");
        auto const sort = dynamodb::string_or(item, "SK");
        auto const key = owner + " " + sort;
        if (!sort.contains("#CONV#")) {
            if (owner.empty() && sort.empty())
                refuse("an item without PK", "its key has another name");
            else
                skip();
            return {.is_known = sort.contains("#BOT")};
        }
        Conversation conversation;
        conversation.key = key;
        conversation.owner = owner;
        conversation.id = sort;
        conversation.title = dynamodb::string_or(item, "Title");
        conversation.created_at = read_time(item, "CreateTime");
        auto const last = dynamodb::string_or(item, "LastMessageId");
        if (!last.empty()) conversation.head = last;
        if (dynamodb::bool_or(item, "IsLargeMessage")) {
            conversation.messages_at = dynamodb::string_or(item, "LargeMessagePath");
            if (!conversation.messages_at.empty()) return {.conversation = std::move(conversation)};
        }
        if (auto read = fill(conversation, dynamodb::string_or(item, "MessageMap")); !read) {
            refuse(key, read.error().message);
            return {};
        }
        return {.conversation = std::move(conversation)};
    }

    Result<void> fill(Conversation& conversation, std::string_view text) override {
        auto const map = parse_json(text);
        auto const* object = map ? map->if_object() : nullptr;
        if (!object) return fail(Errc::invalid_argument, "MessageMap is no JSON object");
        auto tree = read_map(*object, conversation);
        if (!tree) return std::unexpected(tree.error());
        for (auto const& id : tree->broken)
            say_changed(conversation.key + ", the parent of message " + id,
                        "it leads in a circle; the message stands at the beginning");
        if (!tree->instructions.empty()) instruct(conversation, std::move(tree->instructions));
        return {};
    }
};

}  // namespace

std::unique_ptr<Reader> bedrock_chat_reader() {
    return std::make_unique<BedrockChatReader>();
}

}  // namespace kaiwa::store::foreign
