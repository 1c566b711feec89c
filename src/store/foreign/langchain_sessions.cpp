#include "store/foreign/readers.hpp"
#include "store/langchain/history_item.hpp"

namespace kaiwa::store::foreign {
namespace {

using Kind = chat::Remembered::Kind;

/// One item is one session; what systems said first becomes the thread's instructions.
class LangchainReader final : public Reader {
public:
    explicit LangchainReader(LangchainLayout layout) : layout_(std::move(layout)) {}

    Taken take(Item const& item, std::uint64_t) override {
        auto const* session = dynamodb::find_string(item, layout_.key);
        if (!session || session->empty()) {
            refuse("an item without " + layout_.key, "its key has another name; --key says which");
            return {.is_known = false};
        }
        Conversation conversation;
        conversation.key = "session " + *session;
        conversation.id = *session;
        auto const expires = dynamodb::optional_integer(item, "expireAt");
        if (expires && *expires > 0 && now_in_seconds() >= *expires) {
            refuse(conversation.key, "its time is over (expireAt)");
            return {};
        }
        auto messages = langchain::read_history(item);
        if (!messages) {
            refuse(conversation.key, messages.error().message);
            return {.is_known = item.contains("History")};
        }
        for (std::size_t i = 0; i < messages->size(); ++i) add((*messages)[i], i, conversation);
        return {.conversation = std::move(conversation)};
    }

private:
    [[nodiscard]] std::int64_t now_in_seconds() const {
        return std::chrono::floor<std::chrono::seconds>(layout_.now).time_since_epoch().count();
    }
    void add(langchain::HistoryMessage& read, std::size_t place, Conversation& into) {
        if (!read.known) {
            skip();
            return;
        }
        if (read.said.kind == Kind::instruction) {
            instruct(into, std::move(read.said.text));
            return;
        }
        auto& before = into.messages;
        ForeignMessage message;
        message.id = std::to_string(place);
        if (!before.empty()) message.parent = before.back().id;
        message.role =
            read.said.kind == Kind::user ? chat::MessageRole::user : chat::MessageRole::assistant;
        message.text = std::move(read.said.text);
        before.push_back(std::move(message));
    }

    LangchainLayout layout_;
};

}  // namespace

std::unique_ptr<Reader> langchain_reader(LangchainLayout layout) {
    return std::make_unique<LangchainReader>(std::move(layout));
}

}  // namespace kaiwa::store::foreign
