#include "chat/turn_service.hpp"
#include "store/foreign/readers.hpp"

#include <unordered_map>

namespace kaiwa::store::foreign {
namespace {

/// An item is one question with its answer. Its `timestamp` is no time (the system wrote how many
/// milliseconds its function had left), so a session's items stay in the order they are read in.
class PrivateRagReader final : public Reader {
public:
    Taken take(Item const& item, std::uint64_t place) override {
        auto const session = dynamodb::string_or(item, "session_id");
        auto const* question = dynamodb::find_string(item, "user_message");
        auto const* answer = dynamodb::find_string(item, "bot_response");
        if (session.empty() || !question || !answer) {
            refuse("session " + (session.empty() ? std::string("without an id") : session),
                   "an item without session_id, user_message or bot_response");
            return {.is_known = false};
        }
        auto const [at, is_new] = places_.emplace(session, sessions_.size());
        if (is_new) {
            auto& gathered = sessions_.emplace_back();
            gathered.conversation.key = "session " + session;
            gathered.conversation.id = session;
            gathered.conversation.title = chat::make_title(*question);
            gathered.messages_a_part = 2;
        }
        sessions_[at->second].parts.push_back(place);
        return {.is_part = true};
    }
    std::vector<Gathered> finish() override {
        places_.clear();
        return std::move(sessions_);
    }
    [[nodiscard]] std::vector<ForeignMessage> messages_in(Item const& item) const override {
        std::vector<ForeignMessage> both(2);
        both[0].text = dynamodb::string_or(item, "user_message");
        both[1].role = chat::MessageRole::assistant;
        both[1].text = dynamodb::string_or(item, "bot_response");
        return both;
    }

private:
    std::vector<Gathered> sessions_;
    std::unordered_map<std::string, std::size_t> places_;
};

}  // namespace

std::unique_ptr<Reader> private_rag_reader() {
    return std::make_unique<PrivateRagReader>();
}

}  // namespace kaiwa::store::foreign
