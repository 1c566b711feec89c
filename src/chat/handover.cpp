#include "chat/handover.hpp"

#include "base/json.hpp"

#include <algorithm>
#include <array>

namespace kaiwa::chat {
namespace {

constexpr std::array role_names{"user", "publisher", "administrator"};
constexpr std::array kind_names{"user", "assistant", "instruction"};

template <class Id>
void take(std::optional<Id> const& id, Id& into, bool& sound) {
    if (id) into = *id;
    else sound = false;
}

json::array to_json(std::vector<Remembered> const& messages) {
    json::array out;
    for (auto const& [kind, text] : messages)
        out.push_back({{"kind", kind_names[static_cast<std::size_t>(kind)]}, {"text", text}});
    return out;
}

std::optional<std::vector<Remembered>> read_remembered(json::value const& value) {
    auto const* items = value.if_array();
    if (!items) return std::nullopt;
    std::vector<Remembered> messages;
    for (auto const& item : *items) {
        JsonFields fields(item, "a remembered message");
        auto const kind = std::ranges::find(kind_names, fields.string("kind", {}));
        auto text = fields.string("text", {.min_bytes = 0, .max_bytes = max_handover_bytes});
        if (!fields.finish() || kind == kind_names.end()) return std::nullopt;
        messages.push_back(
            {static_cast<Remembered::Kind>(kind - kind_names.begin()), std::move(text)});
    }
    return messages;
}

}  // namespace

std::string to_text(Handover const& handover) {
    json::object out{{"user", handover.who.id.text()},
                     {"username", handover.who.username},
                     {"role", role_names[static_cast<std::size_t>(handover.who.role)]},
                     {"thread", handover.thread.text()},
                     {"question", handover.question.text()},
                     {"reply", handover.reply.text()},
                     {"title", handover.title}};
    if (handover.continued) out["continued"] = handover.continued->text();
    if (handover.remembered) out["remembered"] = to_json(*handover.remembered);
    if (!handover.history_id.empty()) out["history_id"] = handover.history_id;
    return json::serialize(out);
}

Result<Handover> parse_handover(std::string_view text) {
    auto const unreadable = [] {
        return fail(Errc::internal, "what was stored to run this turn elsewhere is unreadable");
    };
    auto const parsed = parse_json(text);
    if (!parsed) return unreadable();
    JsonFields fields(*parsed, "the handover");
    auto const user = fields.string("user", {});
    auto const role = fields.string("role", {});
    auto const thread = fields.string("thread", {});
    auto const question = fields.string("question", {});
    auto const reply = fields.string("reply", {});
    auto const continued = fields.optional_string("continued", {});
    Handover handover;
    handover.who.username = fields.string("username", {});
    handover.title = fields.string("title", {});
    handover.history_id = fields.optional_string("history_id", {}).value_or("");
    auto const* const remembered = fields.member("remembered");
    bool sound = fields.finish().has_value();
    take(UserId::parse(user), handover.who.id, sound);
    take(ThreadId::parse(thread), handover.thread, sound);
    take(MessageId::parse(question), handover.question, sound);
    take(MessageId::parse(reply), handover.reply, sound);
    auto const known = std::ranges::find(role_names, role);
    if (known == role_names.end()) sound = false;
    else handover.who.role = static_cast<auth::UserRole>(known - role_names.begin());
    if (remembered) {
        handover.remembered = read_remembered(*remembered);
        sound = sound && handover.remembered.has_value();
    }
    if (continued) {
        handover.continued = MessageId::parse(*continued);
        sound = sound && handover.continued.has_value();
    }
    if (!sound) return unreadable();
    return handover;
}

}  // namespace kaiwa::chat
