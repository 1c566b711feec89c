#include "providers/bedrock/model_list.hpp"

#include "base/json.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace kaiwa::providers {
namespace {

std::string text_of(json::object const& object, std::string_view name) {
    auto const* value = object.if_contains(name);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool lists(json::object const& object, std::string_view name, std::string_view wanted) {
    auto const* value = object.if_contains(name);
    auto const* items = value ? value->if_array() : nullptr;
    return items && std::ranges::any_of(*items, [&](json::value const& item) {
        return item.is_string() && std::string_view(item.get_string()) == wanted;
    });
}

/// The objects of the list `name` in the answer `body`; nothing when it is no JSON object.
std::optional<json::value> parsed(std::string_view body) {
    auto value = parse_json(replace_invalid_utf8(std::string(body)));
    if (!value || !value->is_object()) return std::nullopt;
    return std::move(*value);
}

template <class Take>
void each_object(json::object const& object, std::string_view name, Take take) {
    auto const* value = object.if_contains(name);
    auto const* items = value ? value->if_array() : nullptr;
    if (items == nullptr) return;
    for (auto const& item : *items) {
        if (auto const* inner = item.if_object()) take(*inner);
    }
}

std::string_view last_part(std::string_view arn) {
    auto const slash = arn.rfind('/');
    return slash == arn.npos ? arn : arn.substr(slash + 1);
}

struct KnownWindow {
    std::string_view family;
    std::int64_t window;
};

// From the model cards of the Bedrock user guide; the longest name that fits comes first.
constexpr KnownWindow known_windows[] = {
    {"anthropic.claude-instant", 100'000},
    {"anthropic.claude-v2:1", 200'000},
    {"anthropic.claude-v2", 100'000},
    {"anthropic.claude", 200'000},
    {"amazon.nova-micro", 128'000},
    {"amazon.nova-premier", 1'000'000},
    {"amazon.nova-2-lite", 1'000'000},
    {"amazon.nova-lite", 300'000},
    {"amazon.nova-pro", 300'000},
    {"amazon.titan-text-lite", 4'096},
    {"amazon.titan-text-express", 8'192},
    {"amazon.titan-text-premier", 32'000},
    {"ai21.jamba", 256'000},
    {"cohere.command-r", 128'000},
    {"deepseek.r1", 128'000},
    {"meta.llama3-1", 128'000},
    {"meta.llama3-2", 128'000},
    {"meta.llama3-3", 128'000},
    {"meta.llama3", 8'192},
    {"mistral.mistral-large-2407", 128'000},
    {"mistral.pixtral-large", 128'000},
    {"mistral.mistral-7b", 32'000},
    {"mistral.mixtral-8x7b", 32'000},
    {"mistral.mistral-large", 32'000},
    {"mistral.mistral-small", 32'000},
    {"openai.gpt-oss", 128'000},
};

}  // namespace

std::optional<std::vector<FoundationModel>> read_foundation_models(std::string_view body) {
    auto const value = parsed(body);
    if (!value) return std::nullopt;
    std::vector<FoundationModel> models;
    each_object(value->get_object(), "modelSummaries", [&](json::object const& item) {
        FoundationModel model;
        model.id = text_of(item, "modelId");
        if (model.id.empty()) return;
        model.name = text_of(item, "modelName");
        if (model.name.empty()) model.name = model.id;
        model.writes_text = lists(item, "outputModalities", "TEXT");
        model.sees_images = lists(item, "inputModalities", "IMAGE");
        model.on_demand = lists(item, "inferenceTypesSupported", "ON_DEMAND");
        auto const* streams = item.if_contains("responseStreamingSupported");
        model.streams = !streams || !streams->is_bool() || streams->get_bool();
        auto const* lifecycle = item.if_contains("modelLifecycle");
        if (auto const* state = lifecycle ? lifecycle->if_object() : nullptr)
            model.legacy = text_of(*state, "status") == "LEGACY";
        models.push_back(std::move(model));
    });
    return models;
}

std::optional<ProfilePage> read_profiles(std::string_view body) {
    auto const value = parsed(body);
    if (!value) return std::nullopt;
    ProfilePage page;
    page.next = text_of(value->get_object(), "nextToken");
    each_object(value->get_object(), "inferenceProfileSummaries", [&](json::object const& item) {
        InferenceProfile profile;
        bool const own = text_of(item, "type") == "APPLICATION";
        profile.id = text_of(item, own ? "inferenceProfileArn" : "inferenceProfileId");
        auto const status = text_of(item, "status");
        if (profile.id.empty() || (!status.empty() && status != "ACTIVE")) return;
        profile.name = text_of(item, "inferenceProfileName");
        if (profile.name.empty()) profile.name = profile.id;
        each_object(item, "models", [&](json::object const& model) {
            profile.models.emplace_back(last_part(text_of(model, "modelArn")));
        });
        page.profiles.push_back(std::move(profile));
    });
    return page;
}

bool is_versioned_id(std::string_view id) {
    auto const is_digit = [](char c) { return c >= '0' && c <= '9'; };
    bool const ends_with_size = id.size() >= 2 && (id.back() == 'k' || id.back() == 'K') &&
                                is_digit(id[id.size() - 2]);
    if (ends_with_size) return false;
    for (std::size_t i = 0; i + 1 < id.size(); ++i) {
        if (id[i] == 'v' && is_digit(id[i + 1])) return true;
    }
    return false;
}

std::vector<llm::ModelInfo> merged_models(std::vector<FoundationModel> const& models,
                                          std::vector<InferenceProfile> const& profiles,
                                          ModelFilter filter) {
    std::vector<llm::ModelInfo> merged;
    std::set<std::string, std::less<>> taken;
    auto const add = [&](std::string const& id, std::string const& name,
                         FoundationModel const* facts) {
        if (!taken.insert(id).second) return;
        llm::ModelInfo info;
        info.id = id;
        info.name = facts && facts->legacy ? name + " (legacy)" : name;
        info.window = bedrock_window(facts ? facts->id : id);
        if (facts) info.sees_images = facts->sees_images;
        merged.push_back(std::move(info));
    };
    for (auto const& profile : profiles) {
        FoundationModel const* facts = nullptr;
        for (auto const& id : profile.models) {
            auto const known = std::ranges::find(models, id, &FoundationModel::id);
            if (known != models.end()) facts = &*known;
        }
        if (facts == nullptr || facts->writes_text) add(profile.id, profile.name, facts);
    }
    for (auto const& model : models) {
        bool const fits = filter == ModelFilter::all || is_versioned_id(model.id);
        if (model.writes_text && model.on_demand && fits) add(model.id, model.name, &model);
    }
    return merged;
}

std::optional<std::int64_t> bedrock_window(std::string_view model) {
    model = last_part(model);
    for (auto const& [family, window] : known_windows) {
        auto const at = model.find(family);
        // At its beginning, or behind the prefix of a profile such as "us.".
        if (at == 0 || (at != model.npos && model[at - 1] == '.')) return window;
    }
    return std::nullopt;
}

}  // namespace kaiwa::providers
