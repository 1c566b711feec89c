#include "providers/openai/model_list.hpp"

#include "base/json.hpp"
#include "base/utf8.hpp"
#include "providers/common/failures.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <utility>

namespace kaiwa::providers {
namespace {

json::value const* find(json::object const& object, std::initializer_list<std::string_view> path) {
    json::value const* value = nullptr;
    auto const* inside = &object;
    for (auto const name : path) {
        if (inside == nullptr) return nullptr;
        value = inside->if_contains(name);
        inside = value ? value->if_object() : nullptr;
    }
    return value;
}

std::string text_at(json::object const& object, std::initializer_list<std::string_view> path) {
    auto const* value = find(object, path);
    return value && value->is_string() ? replace_invalid_utf8(std::string(value->get_string()))
                                       : std::string();
}

std::optional<std::int64_t> count_at(json::object const& object,
                                     std::initializer_list<std::string_view> path) {
    auto const* value = find(object, path);
    if (value == nullptr || !value->is_int64() || value->get_int64() <= 0) return std::nullopt;
    return value->get_int64();
}

/// The window under the name that each server has for it.
std::optional<std::int64_t> window_of(json::object const& item) {
    for (auto const path : {std::initializer_list<std::string_view>{"max_model_len"},  // vLLM
                            {"context_length"},      // OpenRouter, Together
                            {"context_window"},      // Groq
                            {"max_context_length"},  // Mistral, LM Studio
                            {"max_input_tokens"},
                            {"meta", "n_ctx"},
                            {"meta", "n_ctx_train"}}) {  // llama.cpp
        if (auto const window = count_at(item, path)) return window;
    }
    return std::nullopt;
}

std::optional<bool> sees_images(json::object const& item) {
    if (auto const* vision = find(item, {"capabilities", "vision"}); vision && vision->is_bool()) {
        return vision->get_bool();
    }
    auto const* modalities = find(item, {"architecture", "input_modalities"});
    if (modalities == nullptr || !modalities->is_array()) return std::nullopt;
    return std::ranges::any_of(modalities->get_array(),
                               [](json::value const& m) { return m == "image"; });
}

struct KnownWindow {
    std::string_view prefix;
    std::int64_t window;
};

// The longest prefix that fits comes first.
constexpr KnownWindow known_windows[] = {
    {"gpt-5", 400'000}, {"gpt-4.1", 1'047'576}, {"gpt-4o", 128'000},       {"gpt-4-turbo", 128'000},
    {"gpt-4-0", 8'192}, {"gpt-4", 8'192},       {"gpt-3.5-turbo", 16'385}, {"chatgpt-4o", 128'000},
    {"o1", 200'000},    {"o3", 200'000},        {"o4-mini", 200'000},
};

}  // namespace

llm::Outcome<ModelList> read_model_list(std::string_view body) {
    auto const value = parse_json(replace_invalid_utf8(std::string(body)));
    if (!value) {
        auto failure =
            llm::make_failure(llm::FailureClass::model_error, "the list of models is not JSON");
        if (auto const start = body.find_first_not_of(" \r\n\t");
            start != body.npos && body[start] == '<') {
            failure.message = fit_for_people(read_vendor_error(body).message);
        }
        return std::unexpected(std::move(failure));
    }
    ModelList list;
    auto const* items = value->if_array();  // Together sends the bare array
    if (auto const* object = value->if_object()) {
        if (auto const* error = object->if_contains("error"); error && !error->is_null()) {
            return std::unexpected(failure_inside(body));
        }
        auto const* data = object->if_contains("data");
        items = data ? data->if_array() : nullptr;
    }
    if (items == nullptr) return list;
    for (auto const& item : *items) {
        auto const* object = item.if_object();
        if (object == nullptr) continue;
        llm::ModelInfo model;
        model.id = text_at(*object, {"id"});
        if (model.id.empty()) continue;
        model.name = text_at(*object, {"name"});
        if (model.name.empty()) model.name = text_at(*object, {"display_name"});
        if (model.name.empty()) model.name = model.id;
        model.window = window_of(*object);
        model.sees_images = sees_images(*object);
        if (list.models.empty()) list.owner = text_at(*object, {"owned_by"});
        list.models.push_back(std::move(model));
    }
    return list;
}

void add_props(std::string_view body, std::vector<llm::ModelInfo>& models) {
    auto const value = parse_json(replace_invalid_utf8(std::string(body)));
    auto const* props = value ? value->if_object() : nullptr;
    if (props == nullptr) return;
    auto const window = count_at(*props, {"default_generation_settings", "n_ctx"});
    auto const* vision = find(*props, {"modalities", "vision"});
    for (auto& model : models) {
        if (window) model.window = window;
        if (vision && vision->is_bool()) model.sees_images = vision->get_bool();
    }
}

void keep_openai_chat_models(std::vector<llm::ModelInfo>& models) {
    std::erase_if(models, [](llm::ModelInfo const& model) {
        for (std::string_view const word :
             {"embedding", "whisper", "tts", "dall-e", "moderation", "audio", "realtime",
              "transcribe", "image", "davinci", "babbage", "sora", "instruct"}) {
            if (model.id.contains(word)) return true;
        }
        return false;
    });
    for (auto& model : models) {
        // A fine-tuned model is "ft:<model>:…".
        auto id = std::string_view(model.id);
        if (id.starts_with("ft:")) id.remove_prefix(3);
        for (auto const& known : known_windows) {
            if (model.window || !id.starts_with(known.prefix)) continue;
            model.window = known.window;
        }
    }
}

}  // namespace kaiwa::providers
