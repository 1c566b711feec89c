#include "api/compat/shape.hpp"

#include "api/json_text.hpp"
#include "base/utf8.hpp"

namespace kaiwa::api::compat {
namespace {

constexpr std::string_view gateway_headers =
    "Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token";
constexpr std::string_view still_writing =
    "The answer is not whole yet; ask again with \"continue\".";

std::string_view role_name(chat::Remembered::Kind kind) {
    return kind == chat::Remembered::Kind::user ? "user" : "assistant";
}

void append_remembered(std::string& out, std::string_view role, std::string_view content) {
    out += '{';
    JsonMembers(out).text("role", role).text("content", content);
    out += '}';
}

/// Old messages, then the new question and its answer.
void append_history(std::string& out, Asked const& asked, std::string const& answer) {
    out += '[';
    if (asked.remembered) {
        for (auto const& message : *asked.remembered) {
            append_remembered(out, role_name(message.kind), message.text);
            out += ',';
        }
    }
    append_remembered(out, "user", asked.text);
    out += ',';
    append_remembered(out, "assistant", answer);
    out += ']';
}

void add_answer(JsonMembers& members, Asked const& asked, Answered const& answered) {
    switch (asked.shape) {
        case Shape::output_text:
            members.text("session_id", answered.session_id).text("output_text", answered.text);
            return;
        case Shape::root:
            members.text("response", answered.text)
                .text("output_text", answered.text)
                .text("session_id", answered.session_id);
            return;
        case Shape::gptgram:
            members.text("message", answered.text);
            return;
        case Shape::simplechat:
            members.boolean("success", true).text("response", answered.text);
            if (!asked.continuation)
                append_history(members.value_of("conversationHistory"), asked, answered.text);
            if (asked.session_id) members.text("conversationId", *asked.session_id);
            if (asked.message_id) members.text("messageId", *asked.message_id);
            return;
    }
}

/// Sentences that the systems themselves said.
std::string_view own_words(Problem const& problem) {
    if (problem.status == 401) return "Unauthorized";
    if (problem.status == 403) return "Forbidden";
    return problem.detail;
}

Reply make_error(Dialect dialect, unsigned status, std::string_view title, std::string words) {
    words = replace_invalid_utf8(std::move(words));
    Reply reply{status, "{"};
    JsonMembers members(reply.json);
    switch (dialect) {
        case Dialect::lambda_url:
            members.text("Message", words);
            break;
        case Dialect::simplechat:
            members.boolean("success", false).text("error", words).text("message", words);
            break;
        case Dialect::gptgram:
            members.text("message",
                         status == 500 ? "The answer could not be written; try again." : words);
            break;
        case Dialect::private_rag:
            members.text("error", status == 500 ? "Internal server error" : title)
                .text("details", words);
            break;
    }
    reply.json += '}';
    return reply;
}

}  // namespace

Reply whole_reply(Asked const& asked, Answered const& answered) {
    Reply reply{200, "{"};
    JsonMembers members(reply.json);
    add_answer(members, asked, answered);
    if (answered.finish) members.text("finish", *answered.finish);
    reply.json += '}';
    return reply;
}

Reply partial_reply(Asked const& asked, Answered const& answered,
                    std::string const& continuation) {
    Reply reply{202, "{"};
    JsonMembers members(reply.json);
    if (asked.shape == Shape::simplechat)
        members.boolean("success", false).text("error", still_writing).text("message", still_writing);
    if (asked.shape == Shape::output_text || asked.shape == Shape::root)
        members.text("session_id", answered.session_id);
    members.text("partial", answered.text).text("continue", continuation);
    reply.json += '}';
    return reply;
}

Reply error_reply(Dialect dialect, Error const& error) {
    auto const problem = to_problem(error);
    return make_error(dialect, problem.status, problem.title, std::string(own_words(problem)));
}

Reply failed_reply(Dialect dialect, std::string words) {
    auto reply = make_error(dialect, 500, "Internal server error", words);
    reply.words = std::move(words);
    return reply;
}

http::Headers cors_headers(Dialect dialect, Outcome outcome) {
    http::Headers headers{{"Access-Control-Allow-Origin", "*"}};
    auto const allow = [&](std::string_view names, std::string_view methods) {
        headers.add("Access-Control-Allow-Headers", std::string(names));
        headers.add("Access-Control-Allow-Methods", std::string(methods));
    };
    switch (dialect) {
        case Dialect::lambda_url:
            allow("*", "*");
            break;
        case Dialect::simplechat:
            if (outcome == Outcome::success) allow(gateway_headers, "OPTIONS,POST");
            break;
        case Dialect::gptgram:
            allow("Authorization,Content-Type", "POST,OPTIONS");
            break;
        case Dialect::private_rag:
            allow(gateway_headers, "OPTIONS,POST,GET");
            break;
    }
    return headers;
}

http::Headers preflight_headers(Dialect dialect, http::Request const& request) {
    auto headers = cors_headers(dialect, Outcome::success);
    // A star does not stand for Authorization (Fetch, 4.8): it is named to whoever asks for it.
    auto const asked = bare_media_type(request.headers.get("Access-Control-Request-Headers"));
    if (dialect == Dialect::lambda_url && asked.contains("authorization"))
        headers.set("Access-Control-Allow-Headers", "*,Authorization");
    return headers;
}

}  // namespace kaiwa::api::compat
