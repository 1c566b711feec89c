#include "api/turn_body.hpp"

#include "api/fields.hpp"

namespace kaiwa::api {
namespace {

constexpr JsonFields::Text model_limits{1, max_model_id_bytes};

/// `model` and `parameters`, the same in every request that starts an answer.
Result<chat::SettingsChange> read_change(JsonFields& fields) {
    chat::SettingsChange change;
    auto const* parameters = fields.member("parameters");
    if (parameters && !parameters->is_null()) {
        JsonFields inner(*parameters, "parameters");
        read_parameters(inner, change);
        if (auto ok = inner.finish(); !ok) return std::unexpected(ok.error());
    }
    change.model = fields.optional_string("model", model_limits);
    return change;
}

Result<chat::TurnParent> read_parent(JsonFields& fields) {
    using Kind = chat::TurnParent::Kind;
    if (!fields.has("parent")) return chat::TurnParent{Kind::head, {}};
    if (fields.is_null("parent")) return chat::TurnParent{Kind::root, {}};
    auto const text = fields.optional_string("parent", {});
    if (!text) return chat::TurnParent{};  // refused by fields
    auto const id = reference<MessageId>(*text);
    if (!id) return std::unexpected(id.error());
    return chat::TurnParent{Kind::message, *id};
}

Result<std::vector<FileId>> read_files(JsonFields& fields, std::size_t max_files) {
    std::vector<FileId> files;
    for (auto const& text : fields.strings("files", max_files, {})) {
        auto const id = reference<FileId>(text);
        if (!id) return std::unexpected(id.error());
        files.push_back(*id);
    }
    return files;
}

}  // namespace

Result<chat::Question> read_question(json::value const& body, std::size_t max_files) {
    chat::Question question;
    JsonFields fields(body, "the body");
    auto const* message = fields.member("message");
    auto change = read_change(fields);
    if (!change) return std::unexpected(change.error());
    if (!message) fields.refuse("message", "an object; it is missing");
    if (auto ok = fields.finish(); !ok) return std::unexpected(ok.error());
    question.settings = std::move(*change);

    JsonFields inner(*message, "message");
    question.id = made_id<MessageId>(inner, "id");
    JsonFields::Text const limits{0, max_message_bytes};
    question.text = inner.string("text", limits);
    auto parent = read_parent(inner);
    auto files = read_files(inner, max_files);
    if (files && files->empty() && is_blank(question.text))
        inner.refuse("text", "text that is not blank, or files");
    if (auto ok = inner.finish(); !ok) return std::unexpected(ok.error());
    if (!parent) return std::unexpected(parent.error());
    if (!files) return std::unexpected(files.error());
    question.parent = *parent;
    question.files = std::move(*files);
    return question;
}

Result<chat::ReplyRequest> read_reply(json::value const& body, MessageId message,
                                      chat::ReplyRequest::Kind kind) {
    JsonFields fields(body, "the body");
    auto const reply = made_id<MessageId>(fields, "reply");
    auto change = read_change(fields);
    if (!change) return std::unexpected(change.error());
    if (auto ok = fields.finish(); !ok) return std::unexpected(ok.error());
    return chat::ReplyRequest{message, reply, std::move(*change), kind};
}

}  // namespace kaiwa::api
