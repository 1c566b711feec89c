#include "providers/custom/dialect.hpp"

#include "base/json.hpp"
#include "base/utf8.hpp"
#include "providers/common/failures.hpp"

#include <fmt/format.h>

#include <iterator>
#include <utility>
#include <variant>
#include <vector>

namespace kaiwa::providers {
namespace {

constexpr std::int64_t usual_new_tokens = 512;

struct Said {
    bool by_user;
    std::string text;
};

/// The conversation as text alone: these servers see no pictures.
std::vector<Said> conversation(llm::Prompt const& prompt) {
    std::vector<Said> all;
    auto before = prompt.system;
    for (auto const& message : prompt.messages) {
        Said said{message.role == llm::Role::user, {}};
        if (said.by_user) said.text = std::exchange(before, {});
        for (auto const& part : message.parts) {
            auto const* text = std::get_if<llm::TextPart>(&part);
            if (text == nullptr || text->text.empty()) continue;
            if (!said.text.empty()) said.text += "\n\n";
            said.text += text->text;
        }
        all.push_back(std::move(said));
    }
    return all;
}

std::string chat_body(std::vector<Said> const& all) {
    std::string out = R"({"message":)";
    append_json_string(out, all.empty() ? std::string_view() : std::string_view(all.back().text));
    out += R"(,"conversationHistory":[)";
    for (std::size_t i = 0; i + 1 < all.size(); ++i) {
        if (i > 0) out += ',';
        out +=
            all[i].by_user ? R"({"role":"user","content":)" : R"({"role":"assistant","content":)";
        append_json_string(out, all[i].text);
        out += '}';
    }
    return out + "]}";
}

/// The conversation as one text for a model that goes on writing.
std::string transcript(std::vector<Said> const& all) {
    if (all.size() == 1) return all.front().text;
    std::string out;
    for (auto const& said : all) {
        out += said.by_user ? "User: " : "Assistant: ";
        out += said.text;
        out += '\n';
    }
    return out + "Assistant:";
}

llm::Outcome<std::string> read_object(json::object const& object) {
    auto const* success = object.if_contains("success");
    bool const refused = success && success->is_bool() && !success->get_bool();
    auto const* error = object.if_contains("error");
    if (!refused && !(error && error->is_string())) {
        for (auto const* name :
             {"response", "result", "generated_text", "output_text", "message"}) {
            auto const* text = object.if_contains(name);
            if (text && text->is_string()) return std::string(text->get_string());
        }
    }
    auto const words = read_vendor_error(json::serialize(object)).message;
    if (!words.empty())
        return std::unexpected(llm::make_failure(llm::FailureClass::model_error,
                                                 fit_for_people(words), llm::said_by_server));
    if (refused)
        return std::unexpected(llm::make_failure(llm::FailureClass::model_error,
                                                 "the server reported a failure", "unsaid"));
    return std::unexpected(llm::make_failure(
        llm::FailureClass::model_error,
        "the answer has no \"response\", \"result\" or \"generated_text\"", "unreadable"));
}

}  // namespace

std::string custom_body(CustomForm form, llm::CompletionRequest const& request) {
    auto const all = conversation(request.prompt);
    if (form == CustomForm::chat) return chat_body(all);
    std::string out = R"({"prompt":)";
    append_json_string(out, transcript(all));
    if (form == CustomForm::generate) {
        auto const& parameters = request.parameters;
        auto const into = std::back_inserter(out);
        fmt::format_to(into, R"(,"max_new_tokens":{})",
                       parameters.max_tokens.value_or(usual_new_tokens));
        // A temperature of 0 means the likeliest words, which these servers call not sampling.
        auto const samples = parameters.temperature.value_or(1) > 0;
        fmt::format_to(into, R"(,"do_sample":{})", samples);
        if (parameters.temperature && samples)
            fmt::format_to(into, R"(,"temperature":{})", *parameters.temperature);
        if (parameters.top_p) fmt::format_to(into, R"(,"top_p":{})", *parameters.top_p);
    }
    return out + '}';
}

llm::Outcome<std::string> read_custom_answer(std::string_view body) {
    auto const value = parse_json(replace_invalid_utf8(std::string(body)));
    auto const* object = value ? value->if_object() : nullptr;
    if (object == nullptr) {
        auto const start = body.find_first_not_of(" \r\n\t");
        bool const is_page = start != body.npos && body[start] == '<';
        return std::unexpected(
            is_page ? llm::make_failure(llm::FailureClass::model_error,
                                        fit_for_people(read_vendor_error(body).message), "web_page")
                    : llm::make_failure(llm::FailureClass::model_error,
                                        "the answer is no JSON object", "unreadable"));
    }
    auto const* inner = object->if_contains("body");
    if (object->contains("statusCode") && inner && inner->is_string()) {
        auto const wrapped = parse_json(inner->get_string());
        if (wrapped && wrapped->is_object()) return read_object(wrapped->get_object());
    }
    return read_object(*object);
}

}  // namespace kaiwa::providers
