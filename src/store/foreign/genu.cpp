#include "chat/turn_service.hpp"
#include "store/foreign/readers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

namespace kaiwa::store::foreign {
namespace {

/// When a message was written: `createdDate` is "{milliseconds}#{n}".
struct Moment {
    std::int64_t milliseconds = 0;
    std::int64_t n = 0;
    auto operator<=>(Moment const&) const = default;
};

Moment moment_of(std::string_view text) {
    Moment moment;
    auto const* end = text.data() + text.size();
    auto const [stop, error] = std::from_chars(text.data(), end, moment.milliseconds);
    if (error == std::errc{} && stop != end && *stop == '#')
        std::from_chars(stop + 1, end, moment.n);
    return moment;
}

std::string after(std::string const& text, std::string_view prefix) {
    return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

std::optional<chat::Feedback> feedback_of(Item const& item) {
    using Value = chat::Feedback::Value;
    auto const given = dynamodb::string_or(item, "feedback");
    if (given == "good") return chat::Feedback{Value::up, {}};
    if (given == "bad")
        return chat::Feedback{Value::down, dynamodb::string_or(item, "detailedFeedback")};
    return std::nullopt;
}

/// `user#{uid}` lists a person's chats; the messages of each lie under `chat#{id}`. Shares and
/// saved prompts (`share#`, `systemContext#`) have no place here.
class GenuReader final : public Reader {
public:
    Taken take(Item const& item, std::uint64_t place) override {
        auto const id = dynamodb::string_or(item, "id");
        if (id.starts_with("chat#")) return {.is_part = takes_message(id, item, place)};
        if (id.starts_with("user#") && dynamodb::find_string(item, "chatId"))
            take_chat(id, item);
        else if (id.empty())
            refuse("an item without id", "its key has another name");
        else
            skip();
        constexpr std::array<std::string_view, 3> prefixes{"user#", "share#", "systemContext#"};
        return {.is_known = std::ranges::any_of(
                    prefixes, [&id](auto prefix) { return id.starts_with(prefix); })};
    }

    std::vector<Gathered> finish() override {
        std::vector<Gathered> out;
        for (auto& [id, chat] : chats_) out.push_back(gathered(std::move(chat)));
        chats_.clear();
        return out;
    }

    [[nodiscard]] std::vector<ForeignMessage> messages_in(Item const& item) const override {
        std::vector<ForeignMessage> out(1);
        auto& message = out.front();
        bool const asks = dynamodb::string_or(item, "role") == "user";
        message.role = asks ? chat::MessageRole::user : chat::MessageRole::assistant;
        message.text = dynamodb::string_or(item, "content");
        message.created_at = read_time(item, "createdDate");
        message.feedback = feedback_of(item);
        auto model = dynamodb::string_or(item, "llmType");
        if (!model.empty()) message.model = std::move(model);
        return out;
    }

private:
    struct Part {
        Moment moment;
        std::uint64_t place = 0;
        auto operator<=>(Part const&) const = default;
    };
    struct Chat {
        Conversation conversation;
        std::string speaker;                                           ///< Whom its messages name.
        std::optional<std::pair<Moment, std::string>> first_question;  ///< As a title.
        std::optional<std::pair<Moment, std::string>> instructions;    ///< The first ones.
        std::vector<Part> parts;
    };

    Chat& chat_of(std::string const& id) {
        auto& chat = chats_[id];
        chat.conversation.key = id;
        chat.conversation.id = id;
        return chat;
    }
    void take_chat(std::string const& user, Item const& item) {
        auto& conversation = chat_of(dynamodb::string_or(item, "chatId")).conversation;
        conversation.owner = after(user, "user#");
        conversation.title = chat::make_title(dynamodb::string_or(item, "title"));
        conversation.created_at = read_time(item, "createdDate");
        conversation.updated_at = read_time(item, "updatedDate");
    }
    bool takes_message(std::string const& id, Item const& item, std::uint64_t place) {
        auto const date = dynamodb::string_or(item, "createdDate");
        auto const role = dynamodb::string_or(item, "role");
        auto const* content = dynamodb::find_string(item, "content");
        if (!content || (role != "user" && role != "assistant" && role != "system")) {
            refuse(id + " " + date,
                   "no content, or a role that is none of user, assistant, system");
            return false;
        }
        auto& chat = chat_of(id);
        chat.speaker = after(dynamodb::string_or(item, "userId"), "user#");
        auto const moment = moment_of(date);
        auto const is_first = [&](auto const& known) { return !known || moment < known->first; };
        if (role == "system") {
            if (is_first(chat.instructions)) chat.instructions.emplace(moment, *content);
            return false;
        }
        if (role == "user" && is_first(chat.first_question))
            chat.first_question.emplace(moment, chat::make_title(*content));
        chat.parts.push_back({moment, place});
        return true;
    }
    Gathered gathered(Chat chat) {
        Gathered out;
        out.conversation = std::move(chat.conversation);
        auto& conversation = out.conversation;
        if (conversation.owner.empty()) conversation.owner = std::move(chat.speaker);
        if (conversation.title.empty() && chat.first_question)
            conversation.title = std::move(chat.first_question->second);
        if (chat.instructions) instruct(conversation, std::move(chat.instructions->second));
        std::ranges::sort(chat.parts);
        for (auto const& part : chat.parts) out.parts.push_back(part.place);
        return out;
    }

    std::map<std::string, Chat> chats_;
};

}  // namespace

std::unique_ptr<Reader> genu_reader() {
    return std::make_unique<GenuReader>();
}

}  // namespace kaiwa::store::foreign
