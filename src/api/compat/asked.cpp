#include "api/compat/asked.hpp"

#include "api/fields.hpp"
#include "base/crypto.hpp"
#include "base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kaiwa::api::compat {
namespace {

constexpr std::size_t max_key_bytes = 255;
constexpr std::size_t max_continuation_bytes = 512;
constexpr JsonFields::Text text_limits{0, max_message_bytes};
constexpr JsonFields::Text id_limits{0, max_session_id_bytes};

bool has_control(std::string_view text) {
    return std::ranges::any_of(text, [](char c) {
        auto const byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F;
    });
}

/// Reads the members that a dialect knows; others are nobody's mistake.
class Body {
public:
    explicit Body(json::value const& value) : fields_(value, "the body") {
        if (auto const* object = value.if_object())
            for (auto const& member : *object) (void)fields_.member(member.key());
    }

    JsonFields& fields() { return fields_; }

    /// Text that must be there and say something.
    std::string text(std::string_view name) {
        auto text = fields_.string(name, text_limits);
        if (is_blank(text)) fields_.refuse(name, "text that is not blank");
        return text;
    }
    /// An id of the client's making; null and empty are none.
    std::optional<std::string> id(std::string_view name) {
        if (fields_.is_null(name)) return std::nullopt;
        auto id = fields_.optional_string(name, id_limits);
        if (!id || id->empty()) return std::nullopt;
        if (has_control(*id)) fields_.refuse(name, "text without control characters");
        return id;
    }
    std::optional<std::string> continuation() {
        JsonFields::Text const limits{1, max_continuation_bytes};
        return fields_.optional_string("continue", limits);
    }

private:
    JsonFields fields_;
};

Result<chat::Remembered> read_remembered(json::value const& item) {
    JsonFields fields(item, "conversationHistory");
    if (auto const* object = item.if_object())
        for (auto const& member : *object) (void)fields.member(member.key());
    auto const role = fields.optional_choice("role", {"user", "assistant"});
    if (!role) fields.refuse("role", "\"user\" or \"assistant\"");
    auto content = fields.string("content", text_limits);
    if (auto ok = fields.finish(); !ok) return std::unexpected(ok.error());
    using Kind = chat::Remembered::Kind;
    return chat::Remembered{role == "user" ? Kind::user : Kind::assistant, std::move(content)};
}

Result<std::vector<chat::Remembered>> read_history(Body& body) {
    std::vector<chat::Remembered> history;
    auto const* list = body.fields().member("conversationHistory");
    if (!list || list->is_null()) return history;
    if (!list->is_array() || list->get_array().size() > max_remembered)
        return fail(Errc::invalid_argument,
                    fmt::format("conversationHistory: expected a list of at most {} messages",
                                max_remembered));
    for (auto const& item : list->get_array()) {
        auto read = read_remembered(item);
        if (!read) return std::unexpected(read.error());
        history.push_back(std::move(*read));
    }
    return history;
}

void check_role(Body& body, std::string const& role) {
    if (count_code_points(role) > max_role_code_points)
        body.fields().refuse("role", fmt::format("at most {} characters", max_role_code_points));
}

/// A role is a text, or a name with a text.
std::optional<std::string> read_role(Body& body) {
    auto const* given = body.fields().member("role");
    if (!given || given->is_null()) return std::nullopt;
    if (given->is_object()) {
        JsonFields inner(*given, "role");
        auto name = inner.optional_string("name", {}).value_or("");
        auto text = inner.optional_string("text", {}).value_or("");
        bool const sound = inner.finish().has_value() && !text.empty() &&
                           count_code_points(name) <= max_role_name_code_points;
        if (!sound)
            body.fields().refuse("role", fmt::format("a text, or {{\"name\",\"text\"}} with a name "
                                                     "of at most {} characters",
                                                     max_role_name_code_points));
        check_role(body, text);
        return name.empty() ? text : name + "\n" + text;
    }
    auto role = body.fields().optional_string("role", {});
    if (!role || role->empty()) return std::nullopt;
    check_role(body, *role);
    return role;
}

RoleAction read_role_action(Body& body) {
    using Kind = RoleAction::Kind;
    auto const action = body.fields().optional_choice("action", {"addOrUpdate", "get", "delete"});
    if (action == "get") return {Kind::get, {}};
    if (action == "delete") return {Kind::remove, {}};
    auto role = read_role(body);
    if (!role) body.fields().refuse("role", "a role; it is missing");
    return {Kind::put, role.value_or("")};
}

void read_gptgram(Body& body, Asked& asked) {
    asked.shape = Shape::gptgram;
    if (body.fields().has("action") && !body.fields().is_null("action")) {
        asked.role_action = read_role_action(body);
        return;
    }
    asked.text = body.text("message");
    asked.role = read_role(body);
}

void read_root(Body& body, Asked& asked) {
    bool const message = body.fields().has("message") || !body.fields().has("input_text");
    bool const private_rag = asked.dialect == Dialect::private_rag;
    asked.shape = message || private_rag ? Shape::root : Shape::output_text;
    asked.text = body.text(message ? "message" : "input_text");
    asked.session_id = body.id("session_id");
}

Result<void> read_simplechat(Body& body, Asked& asked) {
    asked.shape = Shape::simplechat;
    asked.text = body.text("message");
    asked.session_id = body.id("conversationId");
    asked.message_id = body.id("messageId");
    if (asked.session_id) asked.idempotency_key = asked.message_id;
    auto history = read_history(body);
    if (!history) return std::unexpected(history.error());
    bool const given = body.fields().has("conversationHistory");
    if (given || !asked.session_id) asked.remembered = std::move(*history);
    return {};
}

Shape shape_of(Dialect dialect) {
    switch (dialect) {
        case Dialect::lambda_url:
            return Shape::output_text;
        case Dialect::simplechat:
            return Shape::simplechat;
        case Dialect::gptgram:
            return Shape::gptgram;
        case Dialect::private_rag:
            break;
    }
    return Shape::root;
}

}  // namespace

bool is_session_id(std::string_view text) {
    return !text.empty() && text.size() <= max_session_id_bytes && is_valid_utf8(text) &&
           !has_control(text);
}

Result<Asked> read_query(http::Request const& request) {
    Asked asked;
    auto session = read_parameter(request, "session_id", max_session_id_bytes);
    if (!session) return std::unexpected(session.error());
    if (has_control(*session))
        return fail(Errc::invalid_argument, "?session_id=: expected no control characters");
    if (!session->empty()) asked.session_id = std::move(*session);
    auto continuation = read_parameter(request, "continue", max_continuation_bytes);
    if (!continuation) return std::unexpected(continuation.error());
    if (!continuation->empty()) {
        asked.continuation = std::move(*continuation);
        return asked;
    }
    auto text = read_parameter(request, "input_text", max_message_bytes);
    if (!text) return std::unexpected(text.error());
    if (is_blank(*text)) return fail(Errc::invalid_argument, "?input_text=: expected text");
    asked.text = std::move(*text);
    return asked;
}

Dialect dialect_of_root(json::value const* body, Settings const& settings) {
    auto const* object = body ? body->if_object() : nullptr;
    bool const input_text = object && object->contains("input_text") && !object->contains("message");
    bool const lambda_url = settings.has(Dialect::lambda_url);
    if (!settings.has(Dialect::private_rag) || (input_text && lambda_url))
        return Dialect::lambda_url;
    return Dialect::private_rag;
}

Result<Asked> read_body(Dialect dialect, json::value const& value) {
    Asked asked;
    asked.dialect = dialect;
    Body body(value);
    if (auto continuation = body.continuation()) {
        asked.shape = shape_of(dialect);
        asked.session_id = body.id(dialect == Dialect::simplechat ? "conversationId" : "session_id");
        asked.continuation = std::move(continuation);
    } else if (dialect == Dialect::simplechat) {
        if (auto ok = read_simplechat(body, asked); !ok) return std::unexpected(ok.error());
    } else if (dialect == Dialect::gptgram) {
        read_gptgram(body, asked);
    } else {
        read_root(body, asked);
    }
    if (auto ok = body.fields().finish(); !ok) return std::unexpected(ok.error());
    return asked;
}

Result<void> read_idempotency_key(http::Request const& request, Asked& asked) {
    auto const count = request.headers.count("Idempotency-Key");
    if (count == 0) return {};
    auto const key = request.headers.get("Idempotency-Key");
    if (count > 1 || key.empty() || key.size() > max_key_bytes || !is_valid_utf8(key))
        return fail(Errc::invalid_argument,
                    fmt::format("Idempotency-Key: expected one of at most {} bytes", max_key_bytes));
    asked.idempotency_key = std::string(key);
    return {};
}

std::optional<Continuation> Continuation::parse(std::string_view text) {
    constexpr std::size_t id_size = 36;
    if (text.size() <= id_size + 1 || text.size() > max_continuation_bytes || text[id_size] != '.')
        return std::nullopt;
    auto const generation = GenerationId::parse(text.substr(0, id_size));
    auto const names = text.substr(id_size + 1);
    auto const dot = std::min(names.find('.'), names.size());
    auto session = decode_base64(names.substr(0, dot));
    if (!generation || !session || !is_session_id(*session)) return std::nullopt;
    if (dot == names.size()) return Continuation{*generation, std::move(*session)};
    auto shown = decode_base64(names.substr(dot + 1));
    if (!shown || !is_session_id(*shown)) return std::nullopt;
    return Continuation{*generation, std::move(*session), Keep::once, std::move(*shown)};
}

std::string Continuation::text() const {
    auto const encoded = [](std::string const& id) {
        return base64url({reinterpret_cast<std::uint8_t const*>(id.data()), id.size()});
    };
    auto out = generation.text() + "." + encoded(session_id);
    if (keep == Keep::once) out += "." + encoded(shown_id);
    return out;
}

}  // namespace kaiwa::api::compat
